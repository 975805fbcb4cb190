using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Reads request bodies of Gemini's <c>generateContent</c> and <c>countTokens</c>, in camel or snake case.</summary>
internal static class GeminiRequestReader
{
    private static readonly JsonElement NoParameters = JsonDocument.Parse("{}").RootElement;

    public static RawRequest Read(JsonElement body)
    {
        body = body.Member("generateContentRequest", "generate_content_request") ?? body;
        JsonElement config = body.Member("generationConfig", "generation_config") ?? default;
        var options = new ChatOptions
        {
            ModelId = body.Text("model"),
            MaxOutputTokens = config.Number("maxOutputTokens") ?? config.Number("max_output_tokens"),
            ResponseFormat = ReadResponseFormat(config),
            ToolMode = ReadToolMode(body.Member("toolConfig", "tool_config")),
        };
        var tools = new List<AITool>();
        foreach (JsonElement tool in body.Items("tools"))
        {
            foreach (JsonProperty property in tool.ValueKind == JsonValueKind.Object ? tool.EnumerateObject() : default)
            {
                if (property.Name is "functionDeclarations" or "function_declarations")
                {
                    JsonElement? declarations = property.Value;
                    if (declarations.Items().Any(function => function.Member("parametersJsonSchema", "parameters_json_schema") is not null))
                    {
                        (options.AdditionalProperties ??= [])["parametersJsonSchema"] = true;
                    }

                    if (declarations.Items().Any(function => function.Member("response") is not null))
                    {
                        (options.AdditionalProperties ??= [])["functionResponse"] = true;
                    }

                    tools.AddRange(declarations.Items().Select(function => RequestParts.Function(
                        function.Text("name"), function.Text("description"), function.Member("parameters") ?? function.Member("parametersJsonSchema", "parameters_json_schema") ?? NoParameters,
                        function.Member("response") ?? function.Member("responseJsonSchema", "response_json_schema"))));
                }
                else
                {
                    tools.Add(new UnknownServerTool(property.Name));
                }
            }
        }

        if (config.Member("responseJsonSchema", "response_json_schema") is not null)
        {
            (options.AdditionalProperties ??= [])["responseJsonSchema"] = true;
        }

        options.Tools = tools.Count > 0 ? tools : null;
        var messages = new List<ChatMessage>();
        if (body.Member("systemInstruction", "system_instruction") is { } system)
        {
            messages.Add(new ChatMessage(ChatRole.System, system.ValueKind == JsonValueKind.String
                ? [new TextContent(system.GetString())]
                : [.. system.Items("parts").SelectMany(ReadPart)]));
        }

        foreach (JsonElement content in body.Items("contents"))
        {
            messages.Add(new ChatMessage(RequestParts.Role(content.Text("role")), [.. content.Items("parts").SelectMany(ReadPart)]));
        }

        if (body.Member("cachedContent", "cached_content") is not null)
        {
            options.ConversationId = "cachedContent";
        }

        return new RawRequest(ChatApi.Gemini, options.ModelId, messages, options);
    }

    private static ChatResponseFormatJson? ReadResponseFormat(JsonElement config)
    {
        JsonElement? schema = config.Member("responseSchema", "response_schema") ?? config.Member("responseJsonSchema", "response_json_schema");
        return schema is { ValueKind: JsonValueKind.Object } given ? ChatResponseFormat.ForJsonSchema(given.Clone())
            : (config.Text("responseMimeType") ?? config.Text("response_mime_type")) == "application/json" ? ChatResponseFormat.Json
            : null;
    }

    private static ChatToolMode? ReadToolMode(JsonElement? config)
    {
        JsonElement? calling = config?.Member("functionCallingConfig", "function_calling_config");
        return calling?.Text("mode")?.ToUpperInvariant() switch
        {
            "NONE" => ChatToolMode.None,
            "ANY" => ChatToolMode.RequireAny,
            "AUTO" => ChatToolMode.Auto,
            _ => null,
        };
    }

    private static IEnumerable<AIContent> ReadPart(JsonElement part)
    {
        yield return ReadContent(part);
        if ((part.Text("thoughtSignature") ?? part.Text("thought_signature")) is { Length: > 0 } signature)
        {
            yield return new TextReasoningContent(null) { ProtectedData = signature };
        }
    }

    private static AIContent ReadContent(JsonElement part)
    {
        if (part.Text("text") is { } text)
        {
            return part.IsTrue("thought") ? new TextReasoningContent(text) : new TextContent(text);
        }

        if (part.Member("functionCall", "function_call") is { } call)
        {
            return RequestParts.Call(call.Text("id"), call.Text("name"), call.Member("args"));
        }

        if (part.Member("functionResponse", "function_response") is { } response)
        {
            return new FunctionResultContent(response.Text("id") ?? string.Empty, response.Member("response")?.Clone())
            {
                RawRepresentation = response.Text("name"),
            };
        }

        if (part.Member("inlineData", "inline_data") is { } data)
        {
            return RequestParts.Media(data.Text("data"), data.Text("mimeType") ?? data.Text("mime_type"));
        }

        if (part.Member("fileData", "file_data") is { } file)
        {
            return new HostedFileContent((file.Text("fileUri") ?? file.Text("file_uri")) is { Length: > 0 } uri ? uri : "file");
        }

        return RequestParts.Unknown(part);
    }
}
