using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace MeaiBudget.Testing;

/// <summary>Records a provider's answers once, with a real key, and replays them without a network and without a key.</summary>
/// <remarks>
/// <para>
/// It is the handler that sends a client's requests, in the place below <see cref="ChatWireHandler"/>: set it as
/// <see cref="ProviderClientOptions.HttpMessageHandler"/>, or pass it to <see cref="ChatWireHandler.CreateClient"/> for a client that you create.
/// So budgets read a replayed answer as they read the provider's, streamed or not.
/// </para>
/// <para>
/// The file has one line of JSON for each request. Keys, tokens and passwords in bodies and addresses are replaced by <c>[REDACTED]</c>, and
/// request headers are not recorded. Prompts and answers are: review the file before you commit it. Thread-safe.
/// </para>
/// </remarks>
public sealed class ChatRecording : HttpMessageHandler
{
    /// <summary>The environment variable that makes <see cref="Open"/> record if its value is <c>1</c>.</summary>
    public const string RecordVariable = "MEAIBUDGET_RECORD";

    private static readonly HashSet<string> KeptHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "content-type", "retry-after", "retry-after-ms", "x-request-id", "request-id", "apim-request-id", "x-amzn-requestid", "x-litellm-response-cost", "x-litellm-cache-key",
    };

    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly RecordedJson _json;
    private readonly HttpMessageInvoker? _sender;
    private readonly List<RecordedExchange> _exchanges = [];
    private readonly bool[] _replayed = [];
    private ChatRecordingException? _mismatch;

    private ChatRecording(string path, SecretRedactor? redactor, HttpMessageInvoker? sender)
    {
        _path = path;
        _json = new RecordedJson(redactor ?? SecretRedactor.Default);
        _sender = sender;
        if (sender is null)
        {
            _exchanges.AddRange(Read(path));
            _replayed = new bool[_exchanges.Count];
        }
    }

    /// <summary>Gets a value indicating whether requests are sent to the provider and recorded; <see langword="false"/> if recorded answers are replayed.</summary>
    public bool IsRecording => _sender is not null;

    /// <summary>Gets the paths of members of the request's body that may differ from the recorded request, for example <c>metadata.request_id</c>. Set them before the first request.</summary>
    public ISet<string> IgnoredMembers { get; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>Opens a recording: replays it, or records it again if the environment variable <see cref="RecordVariable"/> is <c>1</c>.</summary>
    /// <param name="path">The file, relative to the folder of the calling source file.</param>
    /// <param name="redactor">Removes secrets before they are written; <see langword="null"/> for <see cref="SecretRedactor.Default"/>.</param>
    /// <param name="source">The calling source file; set by the compiler.</param>
    /// <returns>The recording.</returns>
    /// <exception cref="ChatRecordingException">There is no recording, or it cannot be read.</exception>
    public static ChatRecording Open(string path, SecretRedactor? redactor = null, [CallerFilePath] string source = "") =>
        Environment.GetEnvironmentVariable(RecordVariable) == "1" ? Record(path, redactor: redactor, source: source) : Replay(path, redactor, source);

    /// <summary>Replays a recording. No request is sent.</summary>
    /// <param name="path">The file, relative to the folder of the calling source file.</param>
    /// <param name="redactor">The redactor with which it was recorded; <see langword="null"/> for <see cref="SecretRedactor.Default"/>.</param>
    /// <param name="source">The calling source file; set by the compiler.</param>
    /// <returns>The recording.</returns>
    /// <exception cref="ChatRecordingException">There is no recording, or it cannot be read.</exception>
    public static ChatRecording Replay(string path, SecretRedactor? redactor = null, [CallerFilePath] string source = "") =>
        new(SourceFolder.PathOf(path, source), redactor, sender: null);

    /// <summary>Sends requests to the provider, and records them. The first answer replaces an earlier file; each further one is added to it at once.</summary>
    /// <param name="path">The file, relative to the folder of the calling source file.</param>
    /// <param name="handler">Sends the requests, and is disposed with the recording; <see langword="null"/> for a new handler that follows no redirects.</param>
    /// <param name="redactor">Removes secrets before they are written; <see langword="null"/> for <see cref="SecretRedactor.Default"/>.</param>
    /// <param name="source">The calling source file; set by the compiler.</param>
    /// <returns>The recording.</returns>
    public static ChatRecording Record(string path, HttpMessageHandler? handler = null, SecretRedactor? redactor = null, [CallerFilePath] string source = "") =>
        new(SourceFolder.PathOf(path, source), redactor, new HttpMessageInvoker(
            handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.All }));

    /// <summary>Returns the key for the provider: the value of an environment variable while recording, a fixed text while replaying.</summary>
    /// <param name="variable">The name of the environment variable, for example <c>OPENAI_API_KEY</c>.</param>
    /// <returns>The key.</returns>
    /// <exception cref="ChatRecordingException">The recording is to be made, and the variable is not set.</exception>
    public string KeyFrom(string variable)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(variable);
        if (!IsRecording)
        {
            return "replayed";
        }

        return Environment.GetEnvironmentVariable(variable) is { Length: > 0 } key
            ? key
            : throw new ChatRecordingException($"'{_path}' is to be recorded, and the environment variable {variable} is not set. Set it to the provider's key, or unset {RecordVariable} to replay the recording.");
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        string? body = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : null;
        RecordedExchange asked = Asked(request, body);
        if (_sender is null)
        {
            return Answered(Match(asked), request);
        }

        using HttpResponseMessage response = await _sender.SendAsync(request, cancellationToken);

        // The whole answer is read before it is passed on, so that an answer which the caller leaves is recorded, too.
        byte[] answer = await DecompressedAsync(response.Content, cancellationToken);
        return Answered(Keep(asked, response, answer), request, answer);
    }

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) =>
        SendAsync(request, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Disposes the handler that sends requests while recording.</summary>
    /// <param name="disposing">True if called by <see cref="IDisposable.Dispose"/>.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _sender?.Dispose();
        }

        base.Dispose(disposing);
    }

    private static List<RecordedExchange> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new ChatRecordingException($"There is no recording '{path}'. Run the test once with {RecordVariable}=1 and the provider's key to make it.");
        }

        List<RecordedExchange> exchanges = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                exchanges.Add(RecordedExchange.FromLine(line));
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new ChatRecordingException($"Line {number} of the recording '{path}' cannot be read: {exception.Message} Record it again with {RecordVariable}=1.", exception);
            }
        }

        return exchanges;
    }

    private RecordedExchange Asked(HttpRequestMessage request, string? body)
    {
        JsonElement element = default;
        if (!string.IsNullOrEmpty(body))
        {
            try
            {
                using var document = JsonDocument.Parse(body);
                element = _json.Redact(document.RootElement);
            }
            catch (JsonException exception)
            {
                throw new ChatRecordingException($"The request to {request.RequestUri?.AbsolutePath} is not JSON, so it cannot be recorded or replayed.", exception);
            }
        }

        return new RecordedExchange
        {
            Method = request.Method.Method,
            Url = UrlOf(request.RequestUri),
            Body = element,
        };
    }

    // The query may have the key, and the redactor knows it by its name there.
    private string UrlOf(Uri? address) => address is null ? "" : _json.RedactText(address.IsAbsoluteUri ? address.PathAndQuery : address.OriginalString);

    private RecordedExchange Match(RecordedExchange asked)
    {
        lock (_lock)
        {
            if (_mismatch is not null)
            {
                // An SDK may have repeated the request.
                throw _mismatch;
            }

            int first = -1;
            for (int index = 0; index < _exchanges.Count; index++)
            {
                if (_replayed[index])
                {
                    continue;
                }

                first = first < 0 ? index : first;
                if (RequestDifference.Find(_exchanges[index], asked, (IReadOnlyCollection<string>)IgnoredMembers) is null)
                {
                    _replayed[index] = true;
                    return _exchanges[index];
                }
            }

            string advice = $"If the change is intended, record again with {RecordVariable}=1.";
            throw _mismatch = new ChatRecordingException(first < 0
                ? $"The recording '{_path}' has {_exchanges.Count} requests, and all of them were replayed. The request to {asked.Url} is one more. {advice}"
                : $"The request differs from request {first + 1} of the recording '{_path}': {RequestDifference.Find(_exchanges[first], asked, (IReadOnlyCollection<string>)IgnoredMembers)}. {advice}");
        }
    }

    /// <summary>Reads a body that the handler did not decompress by itself.</summary>
    private static async Task<byte[]> DecompressedAsync(HttpContent content, CancellationToken cancellationToken)
    {
        Stream body = await content.ReadAsStreamAsync(cancellationToken);
        foreach (string encoding in content.Headers.ContentEncoding.Reverse())
        {
            body = encoding.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => new GZipStream(body, CompressionMode.Decompress),
                "br" => new BrotliStream(body, CompressionMode.Decompress),
                "deflate" => new ZLibStream(body, CompressionMode.Decompress),
                "identity" => body,
                _ => throw new ChatRecordingException($"The answer is compressed with '{encoding}', which cannot be read. Set AutomaticDecompression of the handler, or do not ask for it with Accept-Encoding."),
            };
        }

        using var whole = new MemoryStream();
        await using (body)
        {
            await body.CopyToAsync(whole, cancellationToken);
        }

        return whole.ToArray();
    }

    private RecordedExchange Keep(RecordedExchange asked, HttpResponseMessage response, byte[] answer)
    {
        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(answer);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ChatRecordingException($"The answer of {asked.Url} is not text, so secrets in it could not be found. It was not recorded.", exception);
        }

        var headers = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (KeyValuePair<string, IEnumerable<string>> header in response.Headers.Concat(response.Content.Headers))
        {
            if (KeptHeaders.Contains(header.Key))
            {
                headers[header.Key.ToLowerInvariant()] = string.Join(", ", header.Value);
            }
        }

        RecordedExchange exchange = asked with { Status = (int)response.StatusCode, Headers = headers, Answer = _json.RedactAnswer(text) };
        lock (_lock)
        {
            _exchanges.Add(exchange);
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
            string next = _path + ".new";
            File.WriteAllText(next, string.Concat(_exchanges.Select(kept => kept.ToLine() + "\n")));
            File.Move(next, _path, overwrite: true);
        }

        return exchange;
    }

    private static HttpResponseMessage Answered(RecordedExchange exchange, HttpRequestMessage request, byte[]? answer = null)
    {
        var content = new ByteArrayContent(answer ?? Encoding.UTF8.GetBytes(exchange.Answer));
        var response = new HttpResponseMessage((HttpStatusCode)exchange.Status) { Content = content, RequestMessage = request };
        foreach ((string name, string value) in exchange.Headers)
        {
            if (name.Equals("content-type", StringComparison.OrdinalIgnoreCase))
            {
                content.Headers.ContentType = MediaTypeHeaderValue.TryParse(value, out MediaTypeHeaderValue? type) ? type : null;
            }
            else
            {
                response.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }
}
