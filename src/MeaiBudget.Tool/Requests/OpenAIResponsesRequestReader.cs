using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Reads request bodies of <c>/v1/responses</c> and <c>/v1/responses/input_tokens</c>.</summary>
internal static class OpenAIResponsesRequestReader
{
    public static RawRequest Read(JsonElement body)
    {
        var options = new ChatOptions
        {
            ModelId = body.Text("model"),
            Instructions = body.Text("instructions"),
            MaxOutputTokens = body.Number("max_output_tokens"),
            Reasoning = RequestParts.Reasoning(body.Member("reasoning")?.Text("effort")),
            ResponseFormat = OpenAIChatRequestReader.ReadResponseFormat(body.Member("text")?.Member("format")),
            ConversationId = body.Text("previous_response_id") ?? body.Text("conversation") ?? body.Member("conversation")?.Text("id"),
            ToolMode = ReadToolMode(body.Member("tool_choice")),
            AllowMultipleToolCalls = body.Flag("parallel_tool_calls"),
        };
        List<AITool> tools = [.. body.Items("tools").SelectMany(ReadTool)];
        var messages = new List<ChatMessage>();
        if (body.Text("input") is { } text)
        {
            messages.Add(new ChatMessage(ChatRole.User, text));
        }
        else
        {
            foreach (JsonElement item in body.Items("input"))
            {
                if (item.Text("type") == "additional_tools")
                {
                    // The tokens of tools added in the middle of a conversation are unknown, so the estimate is flagged.
                    tools.AddRange(item.Items("tools").SelectMany(ReadTool));
                    messages.Add(new ChatMessage(RequestParts.Role(item.Text("role")), [new AIContent()]));
                }
                else
                {
                    messages.Add(ReadItem(item));
                }
            }
        }

        if (body.Member("prompt") is not null)
        {
            // The text of a stored prompt template is on the server.
            options.ConversationId ??= "prompt";
        }

        if (body.Member("reasoning")?.Text("mode") is { } mode)
        {
            (options.AdditionalProperties ??= [])["reasoning.mode"] = mode;
        }

        options.Tools = tools.Count > 0 ? tools : null;
        return new RawRequest(ChatApi.OpenAIResponses, options.ModelId, messages, options);
    }

    private static IEnumerable<AITool> ReadTool(JsonElement tool) => tool.Text("type") switch
    {
        "function" or null => [RequestParts.Function(tool.Text("name"), tool.Text("description"), tool.Member("parameters"))],
        "custom" => [RequestParts.FreeText(tool)],
        "namespace" => tool.Items("tools").SelectMany(ReadTool),
        { } type => [new UnknownServerTool(type)],
    };

    private static ChatToolMode? ReadToolMode(JsonElement? choice) => choice switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() switch
        {
            "none" => ChatToolMode.None,
            "required" => ChatToolMode.RequireAny,
            _ => ChatToolMode.Auto,
        },
        { } given when given.Text("name") is { Length: > 0 } name => ChatToolMode.RequireSpecific(name),
        _ => null,
    };

    private static ChatMessage ReadItem(JsonElement item)
    {
        switch (item.Text("type"))
        {
            case "function_call" or "custom_tool_call":
                return new ChatMessage(ChatRole.Assistant, [RequestParts.Call(item.Text("call_id"), item.Text("name"), item.Text("arguments") ?? item.Text("input"))]);
            case "function_call_output" or "custom_tool_call_output":
                List<AIContent> outputs = ReadContents(item.Member("output"));
                object? result = outputs is [TextContent only] ? only.Text : outputs;
                return new ChatMessage(ChatRole.Tool, [new FunctionResultContent(item.Text("call_id") ?? string.Empty, result)]);
            case "reasoning":
                return new ChatMessage(ChatRole.Assistant, [ReadReasoning(item)]);
            case "item_reference":
                return new ChatMessage(ChatRole.Assistant, [new HostedFileContent(item.Text("id") is { Length: > 0 } id ? id : "item")]);
            case null or "message":
                return new ChatMessage(RequestParts.Role(item.Text("role")), ReadContents(item.Member("content")));
            default:
                return new ChatMessage(ChatRole.Assistant, [RequestParts.Unknown(item)]);
        }
    }

    private static TextReasoningContent ReadReasoning(JsonElement item)
    {
        string summary = string.Join('\n', item.Items("summary").Concat(item.Items("content")).Select(part => part.Text("text")));
        return new TextReasoningContent(summary) { ProtectedData = item.Text("encrypted_content") ?? item.Text("id") };
    }

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
                "input_text" or "output_text" or "text" => new TextContent(part.Text("text")),
                "refusal" => new TextContent(part.Text("refusal")),
                "input_image" => part.Text("file_id") is { Length: > 0 } imageId
                    ? new HostedFileContent(imageId)
                    : RequestParts.Media(part.Text("image_url") ?? part.Member("image_url")?.Text("url"), "image/*", part.Text("detail")),
                "input_file" => part.Text("file_id") is { Length: > 0 } fileId
                    ? new HostedFileContent(fileId)
                    : RequestParts.Media(part.Text("file_data") ?? part.Text("file_url"), "application/pdf"),
                _ => part.Text("text") is { } other ? new TextContent(other) : RequestParts.Unknown(part),
            });
        }

        return contents;
    }
}
