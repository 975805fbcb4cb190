using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>Parsed error body of any provider. It contains the provider's text, so it is only used during classification and never stored.</summary>
internal sealed class ProviderErrorBody
{
    private const int LongestParsed = 256 * 1024;

    private static readonly ProviderErrorBody Empty = new();

    private readonly StringBuilder _text = new();
    private string? _innerCode;

    private ProviderErrorBody()
    {
    }

    /// <summary>The error's type, for example <c>rate_limit_error</c>.</summary>
    public string? Type { get; private set; }

    /// <summary>The error's code, for example <c>insufficient_quota</c>; a number is converted to text.</summary>
    public string? Code { get; private set; }

    /// <summary>The HTTP status code in the body; null if there is none.</summary>
    public int? StatusCode { get; private set; }

    /// <summary>The wait that the body states.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>The provider's request id.</summary>
    public string? RequestId { get; private set; }

    /// <summary>True if the exceeded quota is a daily quota.</summary>
    public bool IsDailyQuota { get; private set; }

    /// <summary>All messages of the body, joined.</summary>
    public string Text => _text.ToString();

    /// <summary>The most specific of the provider's codes.</summary>
    public string? BestCode => Code is not null && !IsNumber(Code) ? Code : _innerCode ?? Type ?? Code;

    /// <summary>True if the code or the type equals the given one; ignores case.</summary>
    public bool Says(string code) => IsEqual(Code, code) || IsEqual(Type, code) || IsEqual(_innerCode, code);

    /// <summary>Parses a body: JSON in any known form, server-sent events that contain it, or plain text. Never throws.</summary>
    public static ProviderErrorBody Parse(string? body)
    {
        if (string.IsNullOrWhiteSpace(body))
        {
            return Empty;
        }

        var result = new ProviderErrorBody();
        if (body.Length <= LongestParsed)
        {
            ReadOnlyMemory<char> json = JsonOf(body);
            try
            {
                using var document = JsonDocument.Parse(json);
                result.ReadRoot(document.RootElement);
                return result;
            }
            catch (JsonException)
            {
                // Not JSON but plain text or an HTML page of a gateway; read as text below.
            }
        }

        result._text.Append(body.AsSpan(0, Math.Min(body.Length, 4096)));
        return result;
    }

    private static ReadOnlyMemory<char> JsonOf(string body)
    {
        ReadOnlyMemory<char> text = body.AsMemory().Trim();
        if (text.Length > 0 && text.Span[0] is '{' or '[')
        {
            return text;
        }

        // Server-sent events: use the last data line that contains an error.
        foreach (string? line in body.Split('\n').Reverse())
        {
            if (line.StartsWith("data:", StringComparison.Ordinal) && line.Contains("\"error\"", StringComparison.Ordinal))
            {
                return line.AsMemory(5).Trim();
            }
        }

        return text;
    }

    private void ReadRoot(JsonElement root)
    {
        if (root.ValueKind == JsonValueKind.Array && root.GetArrayLength() > 0)
        {
            root = root[0];
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            _text.Append(root.ToString());
            return;
        }

        RequestId = StringOf(root, "request_id");
        if (root.TryGetProperty("response", out JsonElement response) && response.ValueKind == JsonValueKind.Object
            && response.TryGetProperty("error", out _))
        {
            root = response;
        }

        if (root.TryGetProperty("error", out JsonElement error) && error.ValueKind == JsonValueKind.Object)
        {
            ReadError(error);
        }
        else if (root.TryGetProperty("base_resp", out JsonElement status) && status.ValueKind == JsonValueKind.Object)
        {
            Code = StringOf(status, "status_code");
            Type = TypeOfMiniMax(Code);
            AppendText(StringOf(status, "status_msg"));
        }
        else if (root.TryGetProperty("errors", out JsonElement errors) && errors.ValueKind == JsonValueKind.Array && errors.GetArrayLength() > 0
            && errors[0].ValueKind == JsonValueKind.Object)
        {
            ReadError(errors[0]);
        }
        else
        {
            // {"error":"text"}, {"detail":"text"}, {"message":"text","code":...}
            ReadError(root);
        }
    }

    /// <summary>Says what a status of MiniMax means, in a word that others use. Source: its page of error codes.</summary>
    private static string? TypeOfMiniMax(string? status) => status switch
    {
        "1001" => "request_timeout",
        "1002" or "1039" or "1041" => "rate_limit_exceeded",
        "1004" or "2049" => "authentication_error",
        "1008" or "2056" => "insufficient_balance",
        "1026" or "1027" => "content_filter",
        "2013" => "invalid_request_error",
        _ => "server_error",
    };

    private void ReadError(JsonElement error)
    {
        Type = StringOf(error, "type") ?? StringOf(error, "status");
        Code = StringOf(error, "code") ?? StringOf(error, "error_code");
        foreach (string name in (ReadOnlySpan<string>)["code", "status", "status_code", "statusCode"])
        {
            StatusCode ??= StringOf(error, name) is { } value
                && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status is >= 400 and < 600 ? status : null;
        }

        foreach (string name in (ReadOnlySpan<string>)["message", "error", "error_msg", "detail", "title"])
        {
            AppendText(StringOf(error, name));
        }

        if (error.TryGetProperty("innererror", out JsonElement inner) && inner.ValueKind == JsonValueKind.Object)
        {
            _innerCode = StringOf(inner, "code");
        }

        // OpenRouter puts the error text of the upstream provider into the metadata.
        if (error.TryGetProperty("metadata", out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object)
        {
            AppendText(StringOf(metadata, "raw"));
            if (metadata.TryGetProperty("reasons", out JsonElement reasons) || metadata.TryGetProperty("flagged_input", out reasons))
            {
                _innerCode = "moderation";
            }
        }

        if (error.TryGetProperty("details", out JsonElement details))
        {
            ReadDetails(details);
        }
    }

    /// <summary>Reads Google's details (exceeded quotas and wait) and Anthropic's (error code).</summary>
    private void ReadDetails(JsonElement details)
    {
        if (details.ValueKind == JsonValueKind.Object)
        {
            _innerCode = StringOf(details, "error_code") ?? StringOf(details, "code");
            return;
        }

        if (details.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (JsonElement detail in details.EnumerateArray())
        {
            if (detail.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            RetryAfter ??= RetryAfterParser.ParseDuration(StringOf(detail, "retryDelay"));
            _innerCode ??= StringOf(detail, "reason");
            if (detail.TryGetProperty("violations", out JsonElement violations) && violations.ValueKind == JsonValueKind.Array)
            {
                IsDailyQuota |= violations.EnumerateArray().Any(violation => violation.ValueKind == JsonValueKind.Object
                    && StringOf(violation, "quotaId")?.Contains("PerDay", StringComparison.Ordinal) == true);
            }
        }
    }

    private void AppendText(string? text)
    {
        if (text is not null)
        {
            _text.Append(text).Append('\n');
        }
    }

    private static string? StringOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => TextOf(value),
                JsonValueKind.Number => value.GetRawText(),
                JsonValueKind.Object when value.TryGetProperty("message", out JsonElement nested) && nested.ValueKind == JsonValueKind.String => TextOf(nested),
                _ => null,
            }
            : null;

    /// <summary>Returns the string value. A gateway that truncates a message may split a surrogate pair; then the escaped text is returned.</summary>
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText().Trim('"');
        }
    }

    private static bool IsEqual(string? left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);

    private static bool IsNumber(string text) => text.All(char.IsAsciiDigit);
}
