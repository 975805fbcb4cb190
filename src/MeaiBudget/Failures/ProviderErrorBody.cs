using System.Globalization;
using System.Text;
using System.Text.Json;

namespace MeaiBudget;

/// <summary>What an error body says, whichever provider wrote it. Lives only while an error is classified: it holds the provider's text.</summary>
internal sealed class ProviderErrorBody
{
    private const int LongestParsed = 256 * 1024;

    private static readonly ProviderErrorBody Empty = new();

    private readonly StringBuilder _text = new();
    private string? _innerCode;

    private ProviderErrorBody()
    {
    }

    /// <summary>Gets the error's type, for example <c>rate_limit_error</c>.</summary>
    public string? Type { get; private set; }

    /// <summary>Gets the error's code, for example <c>insufficient_quota</c>; a number as text.</summary>
    public string? Code { get; private set; }

    /// <summary>Gets the HTTP status that the body itself names; <see langword="null"/> if it names none.</summary>
    public int? StatusCode { get; private set; }

    /// <summary>Gets the wait that the body states.</summary>
    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Gets the provider's request id.</summary>
    public string? RequestId { get; private set; }

    /// <summary>Gets a value indicating whether the exceeded quota is one for a day.</summary>
    public bool IsDailyQuota { get; private set; }

    /// <summary>Gets everything the body says in words.</summary>
    public string Text => _text.ToString();

    /// <summary>Gets the most telling of the provider's own codes.</summary>
    public string? BestCode => Code is not null && !IsNumber(Code) ? Code : _innerCode ?? Type ?? Code;

    /// <summary>Checks whether a code or type is what the body says, in any case.</summary>
    public bool Says(string code) => IsEqual(Code, code) || IsEqual(Type, code) || IsEqual(_innerCode, code);

    /// <summary>Reads a body: JSON in any known shape, server-sent events with one, or plain text. Never throws.</summary>
    public static ProviderErrorBody Parse(string? body)
    {
        if (string.IsNullOrWhiteSpace(body))
        {
            return Empty;
        }

        var result = new ProviderErrorBody();
        if (body.Length <= LongestParsed)
        {
            var json = JsonOf(body);
            try
            {
                using var document = JsonDocument.Parse(json);
                result.ReadRoot(document.RootElement);
                return result;
            }
            catch (JsonException)
            {
                // Not JSON: a gateway's page or plain text, which is read as words below.
            }
        }

        result._text.Append(body.AsSpan(0, Math.Min(body.Length, 4096)));
        return result;
    }

    private static ReadOnlyMemory<char> JsonOf(string body)
    {
        var text = body.AsMemory().Trim();
        if (text.Length > 0 && text.Span[0] is '{' or '[')
        {
            return text;
        }

        // Server-sent events: the last data line that speaks of an error.
        foreach (var line in body.Split('\n').Reverse())
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
        if (root.TryGetProperty("response", out var response) && response.ValueKind == JsonValueKind.Object
            && response.TryGetProperty("error", out _))
        {
            root = response;
        }

        if (root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
        {
            ReadError(error);
        }
        else
        {
            // {"error":"text"}, {"detail":"text"}, {"message":"text","code":...}
            ReadError(root);
        }
    }

    private void ReadError(JsonElement error)
    {
        Type = StringOf(error, "type") ?? StringOf(error, "status");
        Code = StringOf(error, "code");
        foreach (var name in (ReadOnlySpan<string>)["code", "status", "status_code", "statusCode"])
        {
            StatusCode ??= StringOf(error, name) is { } value
                && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400 and < 600 ? status : null;
        }

        foreach (var name in (ReadOnlySpan<string>)["message", "error", "detail", "title"])
        {
            AppendText(StringOf(error, name));
        }

        if (error.TryGetProperty("innererror", out var inner) && inner.ValueKind == JsonValueKind.Object)
        {
            _innerCode = StringOf(inner, "code");
        }

        // OpenRouter puts the upstream's own words into the metadata.
        if (error.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object)
        {
            AppendText(StringOf(metadata, "raw"));
            if (metadata.TryGetProperty("reasons", out var reasons) || metadata.TryGetProperty("flagged_input", out reasons))
            {
                _innerCode = "moderation";
            }
        }

        if (error.TryGetProperty("details", out var details))
        {
            ReadDetails(details);
        }
    }

    /// <summary>Google's details: the exceeded quotas and the wait; Anthropic's: an error code.</summary>
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

        foreach (var detail in details.EnumerateArray())
        {
            if (detail.ValueKind != JsonValueKind.Object)
            {
                continue;
            }

            RetryAfter ??= RetryAfterParser.ParseDuration(StringOf(detail, "retryDelay"));
            _innerCode ??= StringOf(detail, "reason");
            if (detail.TryGetProperty("violations", out var violations) && violations.ValueKind == JsonValueKind.Array)
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
        element.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => TextOf(value),
                JsonValueKind.Number => value.GetRawText(),
                JsonValueKind.Object when value.TryGetProperty("message", out var nested) && nested.ValueKind == JsonValueKind.String => TextOf(nested),
                _ => null,
            }
            : null;

    /// <summary>A gateway that cuts a message off may cut a surrogate pair in two; then the text stays as it was escaped.</summary>
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
