using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Parts that the bodies of several providers share.</summary>
internal static class RequestParts
{
    private static readonly JsonElement EmptySchema = JsonDocument.Parse("""{"type":"object","properties":{}}""").RootElement;

    /// <summary>Creates a function declaration. A missing schema means no parameters.</summary>
    public static AITool Function(string? name, string? description, JsonElement? schema, JsonElement? returned = null) => AIFunctionFactory.CreateDeclaration(
        name ?? string.Empty, description, schema is { ValueKind: JsonValueKind.Object } given ? given.Clone() : EmptySchema, returned?.Clone());

    /// <summary>Creates a declaration of OpenAI's tools of free text: its description and the grammar of its input are in the prompt.</summary>
    public static AITool FreeText(JsonElement tool)
    {
        JsonElement? format = tool.Member("format");
        string? grammar = (format?.Member("grammar") ?? format)?.Text("definition");
        return Function(tool.Text("name"), string.Join('\n', new[] { tool.Text("description"), grammar }.Where(text => text is { Length: > 0 })), null);
    }

    /// <summary>Creates a function call that keeps the original text of its arguments.</summary>
    public static FunctionCallContent Call(string? callId, string? name, string? argumentsJson)
    {
        var call = new FunctionCallContent(callId ?? string.Empty, name ?? string.Empty) { RawRepresentation = argumentsJson };
        if (argumentsJson is { Length: > 0 })
        {
            try
            {
                using var document = JsonDocument.Parse(argumentsJson);
                call.Arguments = Arguments(document.RootElement);
            }
            catch (JsonException)
            {
                // Models sometimes write invalid arguments. The text is kept and counted.
            }
        }

        return call;
    }

    public static FunctionCallContent Call(string? callId, string? name, JsonElement? arguments) =>
        new(callId ?? string.Empty, name ?? string.Empty) { Arguments = arguments is { } given ? Arguments(given) : null };

    /// <summary>Creates the content of an inline file or image, given as a data URI or as Base64.</summary>
    public static AIContent Media(string? data, string? mediaType, string? detail = null)
    {
        AIContent content = Decode(data, mediaType);
        if (detail is not null)
        {
            (content.AdditionalProperties ??= [])["detail"] = detail;
        }

        return content;
    }

    /// <summary>Creates a content of unknown type, so that the estimate is flagged.</summary>
    public static AIContent Unknown(JsonElement element) => new() { RawRepresentation = element.Clone() };

    public static ChatRole Role(string? role) => role switch
    {
        "assistant" or "model" => ChatRole.Assistant,
        "system" => ChatRole.System,
        "tool" or "function" => ChatRole.Tool,
        null or "user" => ChatRole.User,
        _ => new ChatRole(role),
    };

    public static ReasoningOptions? Reasoning(string? effort) => effort switch
    {
        null => null,
        "none" => new ReasoningOptions { Effort = ReasoningEffort.None },
        "minimal" or "low" => new ReasoningOptions { Effort = ReasoningEffort.Low },
        "high" => new ReasoningOptions { Effort = ReasoningEffort.High },
        "xhigh" or "max" => new ReasoningOptions { Effort = ReasoningEffort.ExtraHigh },
        _ => new ReasoningOptions { Effort = ReasoningEffort.Medium },
    };

    private static Dictionary<string, object?>? Arguments(JsonElement arguments)
    {
        if (arguments.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var dictionary = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty property in arguments.EnumerateObject())
        {
            dictionary[property.Name] = property.Value.Clone();
        }

        return dictionary;
    }

    private static AIContent Decode(string? data, string? mediaType)
    {
        mediaType = mediaType is { Length: > 0 } && mediaType.Contains('/', StringComparison.Ordinal) ? mediaType : "application/octet-stream";
        if (data is null)
        {
            return new AIContent();
        }

        // MIME encoders break Base64 into lines, which providers ignore.
        if (data.AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            data = data.Replace("\r", string.Empty, StringComparison.Ordinal).Replace("\n", string.Empty, StringComparison.Ordinal);
        }

        try
        {
            return data.StartsWith("data:", StringComparison.OrdinalIgnoreCase) ? new DataContent(data)
                : data.Contains("://", StringComparison.Ordinal) ? new UriContent(data, mediaType)
                : new DataContent(DecodeBase64(data), mediaType);
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            return new AIContent { RawRepresentation = data };
        }
    }

    // Gemini also accepts the URL-safe alphabet, with or without padding.
    private static byte[] DecodeBase64(string data)
    {
        string standard = data.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        return Convert.FromBase64String(standard + new string('=', (4 - (standard.Length % 4)) % 4));
    }
}
