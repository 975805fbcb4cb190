// SendAsync checks whether logging is enabled before it does anything else.
#pragma warning disable CA1873
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MeaiBudget;

/// <summary>
/// Logs the HTTP traffic of a provider's SDK: method, address without query and user, status, duration, request id and allowed
/// headers. Bodies are logged only if the options demand it, redacted and truncated.
/// </summary>
/// <remarks>
/// Add it to the <see cref="HttpClient"/> that the SDK uses. Credentials (<c>Authorization</c>, <c>x-api-key</c>,
/// <c>api-key</c>, cookies) are never logged, even if the allowed headers contain them. Thread-safe. Does not change requests
/// or responses, and does not delay a streamed response.
/// </remarks>
public sealed class RedactedHttpLoggingHandler : DelegatingHandler
{
    private readonly ILogger _logger;
    private readonly RedactedHttpLoggingOptions _options;
    private readonly HashSet<string> _headers;

    /// <summary>Creates the handler.</summary>
    /// <param name="logger">The logger that receives the records.</param>
    /// <param name="options">The options; copied.</param>
    public RedactedHttpLoggingHandler(ILogger<RedactedHttpLoggingHandler> logger, RedactedHttpLoggingOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(logger);
        _logger = logger;
        _options = (options ?? new RedactedHttpLoggingOptions()).Copy();
        _headers = new HashSet<string>(_options.Headers, StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!_logger.IsEnabled(LogLevel.Information))
        {
            return await base.SendAsync(request, cancellationToken);
        }

        long started = _options.TimeProvider.GetTimestamp();
        string path = PathOf(request.RequestUri);
        string? requestBody = _options.Bodies == LoggedContent.None ? null : await RequestBodyAsync(request, cancellationToken);
        try
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            string? requestId = Header(response, "x-request-id") ?? Header(response, "request-id") ?? Header(response, "apim-request-id");
            RedactedHttpLog.Exchanged(
                _logger, request.Method.Method, path, (int)response.StatusCode, ElapsedMs(started), Redact(requestId), Headers(request, response));
            if (_options.Bodies != LoggedContent.None)
            {
                Action<string> log = body => RedactedHttpLog.Bodies(_logger, request.Method.Method, path, requestBody ?? "", body);
                response.Content = new LoggedHttpContent(response.Content, NewText(), NewBody(response.Content), log);
            }

            return response;
        }
        catch (Exception exception)
        {
            RedactedHttpLog.Failed(
                _logger, request.Method.Method, path, ElapsedMs(started), exception.GetType().FullName, (exception as HttpRequestException)?.HttpRequestError);
            throw;
        }
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    private static bool IsCredential(string name) =>
        name.Contains("auth", StringComparison.OrdinalIgnoreCase)
        || name.Contains("key", StringComparison.OrdinalIgnoreCase)
        || name.Contains("cookie", StringComparison.OrdinalIgnoreCase)
        || name.Contains("token", StringComparison.OrdinalIgnoreCase) && !name.Contains("tokens", StringComparison.OrdinalIgnoreCase)
        || name.Contains("secret", StringComparison.OrdinalIgnoreCase);

    private static string Redact(string? text) => WrittenText.Shortened(text) ?? "";

    // Query and user contain API keys. A path may contain one too.
    private static string PathOf(Uri? address) => address switch
    {
        null => "",
        { IsAbsoluteUri: true } => Redact(address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)),
        _ => Redact(address.OriginalString.Split('?', '#')[0]),
    };

    private double ElapsedMs(long started) => _options.TimeProvider.GetElapsedTime(started).TotalMilliseconds;

    private LoggedText NewText() => new(_options.Bodies, _options.Redactor, _options.MaxBodyLength);

    private LoggedBody NewBody(HttpContent content) =>
        new(content.Headers.ContentType?.MediaType, content.Headers.ContentType?.CharSet, string.Join(", ", content.Headers.ContentEncoding), isMasked: _options.Bodies == LoggedContent.Redacted);

    private string Headers(HttpRequestMessage request, HttpResponseMessage response)
    {
        var text = new StringBuilder();
        foreach (KeyValuePair<string, IEnumerable<string>> header in request.Headers.Concat(response.Headers))
        {
            if (_headers.Contains(header.Key) && !IsCredential(header.Key))
            {
                // Together, because the name may say that the value is a secret.
                text.Append(text.Length == 0 ? "" : "; ").Append(Redact($"{header.Key}: {string.Join(", ", header.Value)}"));
            }
        }

        return text.ToString();
    }

    private async Task<string?> RequestBodyAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is null)
        {
            return null;
        }

        await request.Content.LoadIntoBufferAsync(cancellationToken);
        LoggedText text = NewText();
        LoggedBody body = NewBody(request.Content);
        text.Append(body.Append(await request.Content.ReadAsByteArrayAsync(cancellationToken)));
        text.Append(body.Complete());
        return text.Complete();
    }
}
