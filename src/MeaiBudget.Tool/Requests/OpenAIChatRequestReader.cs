using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Reads request bodies of <c>/v1/chat/completions</c>, of OpenAI and compatible servers.</summary>
internal static class OpenAIChatRequestReader
{
    public static RawRequest Read(JsonElement body)
    {
        var options = new ChatOptions
        {
            ModelId = body.Text("model"),
            MaxOutputTokens = body.Number("max_completion_tokens") ?? body.Number("max_tokens"),
            Reasoning = RequestParts.Reasoning(body.Text("reasoning_effort") ?? body.Member("reasoning")?.Text("effort")),
            ResponseFormat = ReadResponseFormat(body.Member("response_format")),
            AllowMultipleToolCalls = body.Flag("parallel_tool_calls"),
        };
        if (body.Member("prediction") is not null)
        {
            // An application would set it in the raw request. Its tokens are not documented, so the estimate is flagged.
            options.RawRepresentationFactory = static _ => null;
        }

        ReadTools(body, options);
        List<ChatMessage> messages = [.. body.Items("messages").Select(ReadMessage)];
        if (body.Items("documents").Any())
        {
            // Cohere and some templates write documents into the prompt. Their notation is not known, so the estimate is flagged.
            messages.Add(new ChatMessage(ChatRole.System, [.. body.Items("documents").Select(RequestParts.Unknown)]));
        }

        return new RawRequest(ChatApi.OpenAIChat, options.ModelId, messages, options);
    }

    public static ChatResponseFormat? ReadResponseFormat(JsonElement? format)
    {
        if (format?.Text("type") is not { } type)
        {
            return null;
        }

        JsonElement schema = format.Value.Member("json_schema") ?? format.Value;
        return type switch
        {
            "json_schema" when schema.Member("schema") is { } given =>
                ChatResponseFormat.ForJsonSchema(given.Clone(), schema.Text("name"), schema.Text("description")),
            "json_object" or "json" => ChatResponseFormat.Json,
            _ => null,
        };
    }

    private static void ReadTools(JsonElement body, ChatOptions options)
    {
        var tools = new List<AITool>();
        foreach (JsonElement tool in body.Items("tools"))
        {
            JsonElement function = tool.Member("function") ?? tool;
            tools.Add(tool.Text("type") switch
            {
                null or "function" => RequestParts.Function(function.Text("name"), function.Text("description"), function.Member("parameters")),
                "custom" => RequestParts.FreeText(tool.Member("custom") ?? tool),
                { } type => new UnknownServerTool(type),
            });
        }

        foreach (JsonElement function in body.Items("functions"))
        {
            tools.Add(RequestParts.Function(function.Text("name"), function.Text("description"), function.Member("parameters")));
        }

        options.Tools = tools.Count > 0 ? tools : null;
        if (body.Member("web_search_options") is not null || body.Member("search_parameters") is not null)
        {
            (options.Tools ??= []).Add(new UnknownServerTool("web_search"));
        }

        JsonElement? legacyChoice = body.Member("function_call");
        options.ToolMode = ReadToolMode(body.Member("tool_choice") ?? legacyChoice);
        if (legacyChoice is not null || body.Member("functions") is not null)
        {
            (options.AdditionalProperties ??= [])["function_call"] = true;
        }
    }

    private static ChatToolMode? ReadToolMode(JsonElement? choice)
    {
        if (choice is not { } given)
        {
            return null;
        }

        if (given.ValueKind == JsonValueKind.String)
        {
            return given.GetString() switch
            {
                "none" => ChatToolMode.None,
                "required" or "any" => ChatToolMode.RequireAny,
                _ => ChatToolMode.Auto,
            };
        }

        return (given.Member("function") ?? given).Text("name") is { Length: > 0 } name ? ChatToolMode.RequireSpecific(name) : null;
    }

    private static ChatMessage ReadMessage(JsonElement message)
    {
        string? role = message.Text("role");
        var read = new ChatMessage { Role = RequestParts.Role(role), AuthorName = message.Text("name") };
        List<AIContent> contents = ReadContents(message.Member("content"));
        if (read.Role == ChatRole.Tool)
        {
            object? result = contents is [TextContent only] ? only.Text : contents.Count == 0 ? null : contents;
            read.Contents = [new FunctionResultContent(message.Text("tool_call_id") ?? string.Empty, result)];
            if (role == "function")
            {
                (read.AdditionalProperties ??= [])["function_call"] = true;
            }

            return read;
        }

        string? reasoning = message.Text("reasoning_content") ?? message.Text("reasoning");
        if (reasoning is { Length: > 0 })
        {
            contents.Insert(0, new TextReasoningContent(reasoning));
        }
        else
        {
            // OpenRouter passes thinking back in parts: text or a summary, with a signature or encrypted.
            contents.InsertRange(0, message.Items("reasoning_details").Select(part =>
                new TextReasoningContent(part.Text("text") ?? part.Text("summary")) { ProtectedData = part.Text("data") ?? part.Text("signature") }));
        }

        if (message.Text("refusal") is { Length: > 0 } refusal)
        {
            contents.Add(new TextContent(refusal));
        }

        foreach (JsonElement call in message.Items("tool_calls"))
        {
            JsonElement function = call.Member("function") ?? call.Member("custom") ?? call;
            contents.Add(ReadCall(call.Text("id"), function));
        }

        if (message.Member("function_call") is { } legacyCall)
        {
            contents.Add(ReadCall(string.Empty, legacyCall));
            (read.AdditionalProperties ??= [])["function_call"] = true;
        }

        read.Contents = contents;
        return read;
    }

    private static FunctionCallContent ReadCall(string? callId, JsonElement function) =>
        function.Member("arguments") is { ValueKind: JsonValueKind.Object } arguments
            ? RequestParts.Call(callId, function.Text("name"), arguments)
            : RequestParts.Call(callId, function.Text("name"), function.Text("arguments") ?? function.Text("input"));

    private static List<AIContent> ReadContents(JsonElement? content)
    {
        if (content is { ValueKind: JsonValueKind.String } text)
        {
            return [new TextContent(text.GetString())];
        }

        var contents = new List<AIContent>();
        foreach (JsonElement part in content.Items())
        {
            contents.Add(part.Text("type") switch
            {
                "text" or "refusal" => new TextContent(part.Text("text") ?? part.Text("refusal")),
                "image_url" => part.Member("image_url") is { ValueKind: JsonValueKind.Object } image
                    ? RequestParts.Media(image.Text("url"), "image/*", image.Text("detail"))
                    : RequestParts.Media(part.Text("image_url"), "image/*", part.Text("detail")),
                "input_audio" => RequestParts.Media(part.Member("input_audio")?.Text("data"), "audio/" + part.Member("input_audio")?.Text("format")),
                "file" when part.Member("file") is { } file => file.Text("file_id") is { Length: > 0 } id
                    ? new HostedFileContent(id)
                    : RequestParts.Media(file.Text("file_data"), "application/pdf"),
                _ => part.Text("text") is { } other ? new TextContent(other) : RequestParts.Unknown(part),
            });
        }

        return contents;
    }
}
