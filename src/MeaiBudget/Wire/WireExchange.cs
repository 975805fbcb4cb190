using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace MeaiBudget;

/// <summary>One request of an attempt and its answer. Thread-safe.</summary>
internal sealed class WireExchange : IDisposable
{
    /// <summary>The headers with which gateways say that no model ran: Cloudflare, Portkey, Helicone, Kong and caches of their kind.</summary>
    private static readonly string[] CacheStatusNames = ["cf-aig-cache-status", "x-portkey-cache-status", "helicone-cache", "x-cache-status"];

    /// <summary>The headers that have the provider's id of the request. The first of them that is there counts.</summary>
    private static readonly string[] RequestIdNames = ["x-request-id", "request-id", "apim-request-id", "x-amzn-requestid"];

    private readonly WireAttempt _attempt;
    private WireAnswerStream? _stream;
    private WireAnswerReader? _reader;
    private HttpResponseHeaders? _headers;
    private WireLimits? _limits;
    private bool _isStreamed;

    // What an answer says that was in memory as a whole; its reader is used again.
    private WireAnswer? _answer;
    private Exception? _bodyFailure;

    /// <summary>Makes an exchange.</summary>
    /// <param name="attempt">The attempt.</param>
    /// <param name="number">Its number in the attempt, from 1 on.</param>
    /// <param name="request">What it asks.</param>
    internal WireExchange(WireAttempt attempt, int number, WireRequest request) => (_attempt, Number, Request) = (attempt, number, request);

    /// <summary>Gets the number of the send in its attempt, from 1 on.</summary>
    public int Number { get; }

    /// <summary>Gets what is asked.</summary>
    public WireRequest Request { get; }

    /// <summary>Gets or sets whatever the cover wants to find again here: a reservation.</summary>
    public object? Cover { get; set; }

    /// <summary>Gets the status of the answer; <see langword="null"/> if none came.</summary>
    public int? StatusCode { get; private set; }

    /// <summary>Gets the provider's id of the request, cut; <see langword="null"/> if there is none.</summary>
    public string? RequestId { get; private set; }

    /// <summary>Gets a value indicating whether a handler sent the request again, or in parallel. An SDK makes a new request, and one at a time.</summary>
    public bool IsOfHandler { get; internal init; }

    /// <summary>Gets the request, to tell it from others of the attempt; <see langword="null"/> after the attempt.</summary>
    internal HttpRequestMessage? Message { get; set; }

    /// <summary>Gets why no answer came.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Gets why the answer's body could not be read to its end; <see langword="null"/> if it could, or was not read so far.</summary>
    public Exception? BodyFailure => _bodyFailure ?? _stream?.Failure;

    /// <summary>Gets a value indicating whether the request was handed to the handler that sends.</summary>
    public bool IsSent { get; private set; }

    /// <summary>Gets a value indicating whether the SDK left the answer before its end, so that <see cref="DrainAsync"/> can go on.</summary>
    public bool IsLeft => _stream is { IsLeft: true };

    /// <summary>Gets a value indicating whether the head of an answer came, or a failure instead of it.</summary>
    public bool IsOver => StatusCode is not null || Failure is not null;

    /// <summary>Gets whether the provider bills the send.</summary>
    public WireBilling Billing => (IsSent, StatusCode, Failure) switch
    {
        (false, _, _) => WireBilling.NotSent,
        (_, null, HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError }) => WireBilling.NotSent,
        (_, null, _) => WireBilling.Unclear,
        (_, < 300, _) => WireBilling.Answered,
        (_, { } status, _) when WireStatus.IsRefused(status) || WireStatus.IsUnreached(status) => WireBilling.NotBilled,
        _ => WireBilling.Unclear,
    };

    /// <summary>Gets what the answer says so far; <see langword="null"/> if none came.</summary>
    public WireAnswer? Answer
    {
        get
        {
            if (_reader is not { } reader)
            {
                return Volatile.Read(ref _answer);
            }

            lock (reader)
            {
                return reader.ToAnswer();
            }
        }
    }

    /// <summary>Gets the first 4 KB of an answer that is an error, as far as they were read; <see langword="null"/> for any other answer.</summary>
    /// <remarks>It may quote the request: it is for classification, not to be kept or written down.</remarks>
    public string? ErrorBody
    {
        get
        {
            if (_reader is not { } reader || StatusCode is null or < 400)
            {
                return null;
            }

            lock (reader)
            {
                return Encoding.UTF8.GetString(reader.Body);
            }
        }
    }

    /// <summary>Returns a header of the answer, its values joined by a comma; null if it has none.</summary>
    public string? GetHeader(string name) =>
        _headers is { } headers && headers.NonValidated.TryGetValues(name, out HeaderStringValues values) ? string.Join(",", values) : null;

    /// <summary>Reads on in an answer that the SDK left, until it is complete, ends, or has taken too much or too long.</summary>
    /// <param name="maxBytes">The most bytes that are read; by default 64 KB of a stream, and the whole of any other answer.</param>
    /// <param name="timeout">The longest time; 2 s by default.</param>
    /// <param name="cancellationToken">Cancels reading.</param>
    /// <returns>True if the answer is complete now.</returns>
    public ValueTask<bool> DrainAsync(long? maxBytes = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        _stream is null ? new(false) : _stream.DrainAsync(maxBytes ?? (_isStreamed ? 64 * 1024 : _limits!.LongestBody), timeout ?? TimeSpan.FromSeconds(2), cancellationToken);

    /// <summary>Closes the answer if the SDK left it. The attempt does it at its end.</summary>
    public void Dispose()
    {
        _stream?.CloseIfLeft();
        _stream?.StopWatching();
        Message = null;
    }

    /// <summary>The request is handed on.</summary>
    /// <exception cref="WireSendException">The attempt ended meanwhile.</exception>
    internal void OnSending() => _attempt.Send(this);

    /// <summary>Notes that the request is handed on.</summary>
    internal void MarkSent() => IsSent = true;

    /// <summary>No answer came.</summary>
    internal void OnFailure(Exception failure) => Failure = failure;

    /// <summary>Takes the head of an answer.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="limits">The handler's limits; those of the attempt count where it has its own.</param>
    internal void OnResponse(HttpResponseMessage response, WireLimits limits)
    {
        bool isError = response.StatusCode >= HttpStatusCode.BadRequest;
        _limits = (_attempt.Limits ?? limits).For(Request.Protocol, isError);
        _headers = response.Headers;
        string? mediaType = WireHeaders.MediaTypeOf(response.Content.Headers);

        // Of a request that was not read the answer's type tells what the client made of the caller's wish.
        _isStreamed = Request.IsStreaming || (!Request.IsRead && WireFramings.Of(mediaType) is not (WireFraming.Unknown or WireFraming.Json));
        var reader = new WireAnswerReader(Request.Protocol, mediaType, _isStreamed && !isError, _limits, keepsBody: isError);
        ReadHeaders(response, reader);

        // The status last: with it, others take the exchange for answered, and look for what the answer says.
        _reader = reader;
        StatusCode = (int)response.StatusCode;
    }

    /// <summary>Takes an answer of which the whole body is in memory. Others see it when it has been read.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="limits">The handler's limits; those of the attempt count where it has its own.</param>
    /// <param name="mediaType">The answer's media type.</param>
    /// <param name="body">The body, or what could be read of it.</param>
    /// <param name="failure">Why it could not be read to its end; <see langword="null"/> if it could.</param>
    /// <returns>True if it has counts that an SDK cannot read.</returns>
    /// <exception cref="WireLimitException">The body is too long.</exception>
    internal bool OnWhole(HttpResponseMessage response, WireLimits limits, string? mediaType, ReadOnlySpan<byte> body, Exception? failure)
    {
        _limits = (_attempt.Limits ?? limits).For(Request.Protocol, isError: false);
        _headers = response.Headers;
        var reader = WireAnswerReader.Rent(Request.Protocol, mediaType, Request.IsStreaming, _limits);
        try
        {
            ReadHeaders(response, reader);
            reader.Feed(body);
            bool isUnreadable = reader.TakeUnreadableNumber();
            if (failure is null)
            {
                reader.End();
            }

            return isUnreadable;
        }
        catch (WireLimitException limit)
        {
            failure = limit;
            throw;
        }
        finally
        {
            reader.Close();
            _bodyFailure = failure;
            Volatile.Write(ref _answer, reader.ToAnswer());
            StatusCode = (int)response.StatusCode;
            reader.Return();
        }
    }

    /// <summary>Puts a stream that reads along around the answer's body.</summary>
    internal WireAnswerStream Wrap(Stream body) => Wrap(body, WatchSilence(body, _limits!));

    /// <summary>Puts a stream that reads along around the answer's body, which is watched already.</summary>
    internal WireAnswerStream Wrap(Stream body, WireSilence? silence) => _stream = new WireAnswerStream(body, _reader!, _attempt, _limits!, silence);

    /// <summary>Makes what stops reads of the answer's body; <see langword="null"/> if nothing is to stop them.</summary>
    internal WireSilence? WatchSilence(Stream body, WireLimits limits) => WireSilence.Of(body, (_attempt.Limits ?? limits).LongestSilence, _attempt);

    /// <summary>Reads the provider's id of the request and what LiteLLM says about the cost, in one pass over the headers, and whether the body can be read.</summary>
    private void ReadHeaders(HttpResponseMessage response, WireAnswerReader reader)
    {
        if (WireHeaders.IsEncoded(response.Content.Headers))
        {
            // What it says cannot be read, but how long it is can be.
            reader.SetUnreadable();
        }

        int rank = int.MaxValue;
        bool isOfLiteLLM = false;
        bool isOfCache = false;
        foreach (KeyValuePair<string, HeaderStringValues> header in response.Headers.NonValidated)
        {
            string name = header.Key;
            int named = RankOf(name);
            if (named >= 0 && named < rank && First(header.Value) is { } id)
            {
                (RequestId, rank) = (id, named);
            }
            else if (name.StartsWith("x-litellm-", StringComparison.OrdinalIgnoreCase))
            {
                isOfLiteLLM = true;
                if (name.Equals("x-litellm-response-cost", StringComparison.OrdinalIgnoreCase) && First(header.Value) is { } cost)
                {
                    reader.SetCostHeader(cost);
                }

                isOfCache |= name.Equals("x-litellm-cache-key", StringComparison.OrdinalIgnoreCase) && First(header.Value) is not null;
            }
            else if (IsCacheHit(name, header.Value))
            {
                reader.SetCached();
            }
        }

        if (isOfCache)
        {
            reader.SetFromCache();
        }
        else if (isOfLiteLLM)
        {
            // Only an answer of its cache costs nothing.
            reader.SetZeroCostIsUnknown();
        }
    }

    /// <summary>"HIT" or "SEMANTIC HIT"; also "MISS" and others.</summary>
    private static bool IsCacheHit(string name, HeaderStringValues values) =>
        name.Contains("cache", StringComparison.OrdinalIgnoreCase)
        && Array.Exists(CacheStatusNames, known => name.Equals(known, StringComparison.OrdinalIgnoreCase))
        && First(values) is { } status && status.EndsWith("hit", StringComparison.OrdinalIgnoreCase);

    private static int RankOf(string name)
    {
        for (int rank = 0; rank < RequestIdNames.Length; rank++)
        {
            if (name.Equals(RequestIdNames[rank], StringComparison.OrdinalIgnoreCase))
            {
                return rank;
            }
        }

        return -1;
    }

    private static string? First(HeaderStringValues values)
    {
        foreach (string value in values)
        {
            return value.Length > 0 ? WireText.Cut(value) : null;
        }

        return null;
    }
}

/// <summary>Whether the provider bills a send, as far as the wire shows it.</summary>
internal enum WireBilling
{
    /// <summary>No byte reached the provider.</summary>
    NotSent,

    /// <summary>The provider refused the request before a model ran (429, 503, 529, redirects, client errors), or a proxy did not reach it.</summary>
    NotBilled,

    /// <summary>The provider answered.</summary>
    Answered,

    /// <summary>The request went out, and it does not show whether a model ran.</summary>
    Unclear,
}
