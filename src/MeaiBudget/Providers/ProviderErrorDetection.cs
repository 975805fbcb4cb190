using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace MeaiBudget;

/// <summary>Throws if the body of a response with a success status contains an error, which some SDKs would ignore.</summary>
/// <remarks>
/// The SDKs of OpenAI and Ollama end such a stream without an error. Streams are not delayed. If an SDK reads a stream without a
/// cancellation token (OllamaSharp does), the read still ends and the connection closes when the attempt is cancelled or times out.
/// </remarks>
internal static class ProviderErrorDetection
{
    private const int BufferedAtFirst = 4096;
    private const int LargestRead = 64 * 1024;

    /// <summary>Reads a short body now, and a stream while the SDK reads it.</summary>
    /// <param name="response">The response; its content may be replaced.</param>
    /// <param name="body">The stream that the SDK is to read instead of the response's body; null for that body.</param>
    /// <param name="readToken">Ends reads of a stream that the SDK makes without a token.</param>
    /// <param name="cancellationToken">Cancels the read of a short body.</param>
    /// <exception cref="ProviderErrorInResponseException">The body is an error.</exception>
    public static ValueTask WatchAsync(HttpResponseMessage response, WireAnswerStream? body, CancellationToken readToken, CancellationToken cancellationToken)
    {
        HttpContentHeaders headers = response.Content.Headers;
        string? mediaType = SuccessMediaTypeOf(response);
        if (body is null && !cancellationToken.IsCancellationRequested && BodyInMemory.IsIn(response, mediaType))
        {
            return CheckInMemoryAsync(response, exchange: null, WireLimits.Default, mediaType, cancellationToken);
        }

        switch (WireFramings.Of(mediaType))
        {
            case WireFraming.Events or WireFraming.Lines when body is null:
                return WatchStreamAsync(response, readToken, cancellationToken);
            case WireFraming.Json when headers.ContentLength is null or <= ShortAnswer.Longest:
                return body is null ? CheckAsync(response, cancellationToken) : ReadAndCheckAsync(response, body, begun: null, cancellationToken);
            default:
                if (body is not null)
                {
                    Watch(response, body, mediaType);
                }

                return default;
        }
    }

    /// <summary>Lets the SDK read a stream instead of the response's body. Errors are thrown while the SDK reads it, whatever the type of the stream is.</summary>
    /// <param name="response">The response; its content is replaced.</param>
    /// <param name="body">The stream.</param>
    /// <param name="mediaType">The response's media type; null if its status is no success.</param>
    public static void Watch(HttpResponseMessage response, WireAnswerStream body, string? mediaType)
    {
        if (mediaType is not null && WireFramings.Of(mediaType) is not (WireFraming.Json or WireFraming.Amazon))
        {
            body.Errors = new ErrorLines(DetectorOf(response));
        }

        Replace(response, body);
    }

    /// <summary>Returns the media type of an answer, empty if it has none; null if its status is no success.</summary>
    public static string? SuccessMediaTypeOf(HttpResponseMessage response) =>
        response.IsSuccessStatusCode ? WireHeaders.MediaTypeOf(response.Content.Headers) ?? "" : null;

    private static void Replace(HttpResponseMessage response, Stream body) => Replace(response, new BodyContent(body));

    private static void Replace(HttpResponseMessage response, HttpContent content)
    {
        WireHeaders.Copy(response.Content.Headers, content.Headers);
        response.Content = content;
    }

    private static async ValueTask WatchStreamAsync(HttpResponseMessage response, CancellationToken readToken, CancellationToken cancellationToken)
    {
        Stream body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        Replace(response, Watch(response, body, readToken));
    }

    private static ErrorDetectingStream Watch(HttpResponseMessage response, Stream body, CancellationToken readToken) =>
        new(body, DetectorOf(response), readToken);

    private static ErrorLineDetector DetectorOf(HttpResponseMessage response) => (line, isAfterContent) => Detect(line, isAfterContent, response);

    /// <summary>Reads a body that is in memory, and lets the SDK read it from its beginning.</summary>
    /// <param name="response">The response; its content is replaced if it has counts that an SDK cannot read.</param>
    /// <param name="exchange">The exchange whose answer it is; null if it belongs to none.</param>
    /// <param name="limits">The handler's limits.</param>
    /// <param name="mediaType">The response's media type.</param>
    /// <param name="cancellationToken">Cancels buffering.</param>
    /// <exception cref="ProviderErrorInResponseException">The body is an error.</exception>
    public static async ValueTask CheckInMemoryAsync(
        HttpResponseMessage response, WireExchange? exchange, WireLimits limits, string? mediaType, CancellationToken cancellationToken)
    {
        HttpContent content = response.Content;
        try
        {
            await content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            exchange?.OnWhole(response, limits, mediaType, [], (failure as HttpRequestException)?.InnerException ?? failure);
            throw;
        }

        int length = (int)content.Headers.ContentLength!.Value;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            MemoryStream? body = BodyInMemory.Open(content, length);
            if (body is not null)
            {
                body.ReadExactly(rented, 0, length);
                body.Position = 0;
            }
            else
            {
                byte[] whole = await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
                whole.AsSpan(0, length).CopyTo(rented);
                Replace(response, new ByteArrayContent(whole));
            }

            bool isRepaired = exchange is not null && exchange.OnWhole(response, limits, mediaType, rented.AsSpan(0, length), failure: null);
            ThrowIfError(response, rented.AsSpan(0, length));
            if (isRepaired)
            {
                WireCountRepair.Repair(rented.AsSpan(0, length));
                Replace(response, new ByteArrayContent(rented[..length]));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Takes an answer that was read as a whole, and lets the SDK read it.</summary>
    /// <param name="response">The response; its content is replaced.</param>
    /// <param name="exchange">The exchange whose answer it is.</param>
    /// <param name="limits">The handler's limits.</param>
    /// <param name="mediaType">The response's media type.</param>
    /// <param name="answer">The answer; its buffer is given back.</param>
    /// <exception cref="ProviderErrorInResponseException">The body is an error.</exception>
    public static void CheckWhole(HttpResponseMessage response, WireExchange exchange, WireLimits limits, string? mediaType, ShortAnswer answer)
    {
        try
        {
            if (exchange.OnWhole(response, limits, mediaType, answer.Bytes, failure: null))
            {
                WireCountRepair.Repair(answer.Bytes);
            }

            ThrowIfError(response, answer.Bytes);
            Replace(response, new ByteArrayContent(answer.Bytes.ToArray()));
        }
        finally
        {
            // Last: whatever closing does, the answer is known.
            answer.Return();
            answer.Body.Dispose();
        }
    }

    /// <summary>The failure as HttpContent reports it when it reads a body.</summary>
    private static Exception Unread(Exception failure) => failure is IOException or ObjectDisposedException
        ? new HttpRequestException((failure as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown, "Error while copying content to a stream.", failure)
        : failure;

    private static async ValueTask CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(cancellationToken).ConfigureAwait(false);
        Check(response, await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Reads a body to its end, with one copy of it, and gives the copy to the SDK.</summary>
    /// <param name="response">The response; its content is replaced.</param>
    /// <param name="body">Reads along.</param>
    /// <param name="begun">The beginning, if it was read; its buffer is given back.</param>
    /// <param name="cancellationToken">Cancels reading.</param>
    /// <exception cref="ProviderErrorInResponseException">The body is an error.</exception>
    public static async ValueTask ReadAndCheckAsync(HttpResponseMessage response, WireAnswerStream body, ShortAnswer? begun, CancellationToken cancellationToken)
    {
        // In pieces: a buffer that doubles would leave twice the body in the pool.
        List<byte[]>? full = null;
        int length = 0;
        Task<int>? pending = null;
        byte[] piece = begun?.Take(out length, out pending) ?? ArrayPool<byte>.Shared.Rent(BufferedAtFirst);
        byte[] whole;
        try
        {
            body.Resume(piece.AsSpan(0, length));
            while (true)
            {
                if (length == piece.Length)
                {
                    (full ??= []).Add(piece);
                    (piece, length) = (ArrayPool<byte>.Shared.Rent(LargestRead), 0);
                }

                int read = pending is null
                    ? await body.ReadAsync(piece.AsMemory(length), cancellationToken).ConfigureAwait(false)
                    : await body.ResumeAsync(pending, piece.AsMemory(length), cancellationToken).ConfigureAwait(false);
                pending = null;
                if (read == 0)
                {
                    break;
                }

                length += read;
            }

            body.Dispose();
            whole = Join(full, piece.AsSpan(0, length));
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw Unread(exception);
        }
        finally
        {
            full?.ForEach(static rented => ArrayPool<byte>.Shared.Return(rented));
            if (pending is null or { IsCompleted: true })
            {
                // A read that goes on still writes into it.
                ArrayPool<byte>.Shared.Return(piece);
            }
        }

        Complete(response, body, whole);
    }

    /// <summary>Checks an answer of a synchronous request: a short one now, any other one while the SDK reads it.</summary>
    /// <param name="response">The response; its content is replaced.</param>
    /// <param name="body">The stream that the SDK is to read instead of the response's body.</param>
    /// <exception cref="ProviderErrorInResponseException">The body is an error.</exception>
    public static void WatchOrCheck(HttpResponseMessage response, WireAnswerStream body)
    {
        string? mediaType = SuccessMediaTypeOf(response);
        if (!ShortAnswer.MayBe(response, mediaType))
        {
            Watch(response, body, mediaType);
            return;
        }

        using var whole = new MemoryStream();
        try
        {
            body.CopyTo(whole);
            body.Dispose();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw Unread(exception);
        }

        Complete(response, body, whole.ToArray());
    }

    /// <summary>Repairs and checks a body that was read to its end, and hands it to the SDK.</summary>
    private static void Complete(HttpResponseMessage response, WireAnswerStream body, byte[] whole)
    {
        if (body.HasRepairs)
        {
            WireCountRepair.Repair(whole);
        }

        Check(response, whole);
        Replace(response, new ByteArrayContent(whole));
    }

    private static byte[] Join(List<byte[]>? full, ReadOnlySpan<byte> last)
    {
        if (full is null)
        {
            return last.ToArray();
        }

        byte[] whole = new byte[full.Sum(static piece => piece.Length) + last.Length];
        int at = 0;
        foreach (byte[] piece in full)
        {
            piece.CopyTo(whole, at);
            at += piece.Length;
        }

        last.CopyTo(whole.AsSpan(at));
        return whole;
    }

    private static void Check(HttpResponseMessage response, byte[] body)
    {
        if (body.Length <= ShortAnswer.Longest)
        {
            ThrowIfError(response, body);
        }
    }

    private static void ThrowIfError(HttpResponseMessage response, ReadOnlySpan<byte> body)
    {
        if (Detect(body, false, response) is { } error)
        {
            response.Dispose();
            throw error;
        }
    }

    private static ProviderErrorInResponseException? Detect(ReadOnlySpan<byte> line, bool isAfterContent, HttpResponseMessage response)
    {
        if (!ErrorReport.TryFind(line, out ReadOnlySpan<byte> report))
        {
            return null;
        }

        // Once the answer has begun, the provider may bill the output that the model has produced.
        ChatFailure failure = Classify(report, response);
        return new ProviderErrorInResponseException(isAfterContent ? failure with { Phase = ChatFailurePhase.Ambiguous } : failure);
    }

    /// <summary>Not part of <see cref="Detect"/>, which would create the function that reads headers for every line.</summary>
    private static ChatFailure Classify(ReadOnlySpan<byte> json, HttpResponseMessage response) =>
        HttpChatFailures.Classify(
            (int)HttpStatusCode.OK,
            Encoding.UTF8.GetString(json),
            name => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? string.Join(",", values) : null);
}
