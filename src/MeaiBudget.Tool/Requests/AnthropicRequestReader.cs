using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Reads request bodies of Anthropic's <c>/v1/messages</c> and <c>/v1/messages/count_tokens</c>.</summary>
internal static class AnthropicRequestReader
{
    public static RawRequest Read(JsonElement body)
    {
        var options = new ChatOptions
        {
            ModelId = body.Text("model"),
            MaxOutputTokens = body.Number("max_tokens"),
            Reasoning = body.Member("thinking")?.Text("type") is "enabled" or "adaptive"
                ? new ReasoningOptions { Effort = ReasoningEffort.Medium }
                : null,
            ResponseFormat = OpenAIChatRequestReader.ReadResponseFormat(body.Member("output_config")?.Member("format") ?? body.Member("output_format")),
            ToolMode = body.Member("tool_choice") is { } choice
                ? choice.Text("type") switch
                {
                    "none" => ChatToolMode.None,
                    "any" => ChatToolMode.RequireAny,
                    "tool" when choice.Text("name") is { Length: > 0 } name => ChatToolMode.RequireSpecific(name),
                    _ => ChatToolMode.Auto,
                }
                : null,
            AllowMultipleToolCalls = body.Member("tool_choice")?.IsTrue("disable_parallel_tool_use") == true ? false : null,
        };
        List<AITool> tools = [.. body.Items("tools").Select(tool => tool.Text("type") is null or "custom"
            ? RequestParts.Function(tool.Text("name"), DescriptionOf(tool), tool.Member("input_schema"))
            : new UnknownServerTool(tool.Text("type")!))];
        if (body.Member("mcp_servers") is { ValueKind: JsonValueKind.Array } servers && servers.GetArrayLength() > 0)
        {
            tools.Add(new UnknownServerTool("mcp"));
        }

        if (body.Member("thinking")?.Text("type") is "adaptive")
        {
            (options.AdditionalProperties ??= [])["thinking"] = "adaptive";
        }

        options.Tools = tools.Count > 0 ? tools : null;
        var messages = new List<ChatMessage>();
        List<AIContent> system = ReadContents(body.Member("system"));
        if (system.Count > 0)
        {
            messages.Add(new ChatMessage(ChatRole.System, system));
        }

        foreach (JsonElement message in body.Items("messages"))
        {
            List<AIContent> contents = ReadContents(message.Member("content"));
            bool isResult = contents.Count > 0 && contents.TrueForAll(content => content is FunctionResultContent);
            messages.Add(new ChatMessage(isResult ? ChatRole.Tool : RequestParts.Role(message.Text("role")), contents));
        }

        return new RawRequest(ChatApi.AnthropicMessages, options.ModelId, messages, options);
    }

    // Anthropic's "Tool use" page: examples of a tool's input are in the prompt.
    private static string? DescriptionOf(JsonElement tool) =>
        tool.Member("input_examples") is { ValueKind: JsonValueKind.Array } examples ? tool.Text("description") + "\n" + examples.GetRawText() : tool.Text("description");

    private static List<AIContent> ReadContents(JsonElement? content) =>
        content is { ValueKind: JsonValueKind.String } text ? [new TextContent(text.GetString())] : [.. content.Items().SelectMany(ReadBlocks)];

    private static IEnumerable<AIContent> ReadBlocks(JsonElement block)
    {
        if (block.Text("type") == "document")
        {
            // A document's title and context are given to the model beside it.
            foreach (string heading in new[] { block.Text("title"), block.Text("context") }.OfType<string>().Where(heading => heading.Length > 0))
            {
                yield return new TextContent(heading);
            }
        }

        yield return ReadBlock(block);
    }

    private static AIContent ReadBlock(JsonElement block)
    {
        AIContent content = ReadContent(block);
        if (block.Member("citations")?.IsTrue("enabled") == true)
        {
            (content.AdditionalProperties ??= [])["citations"] = true;
        }

        return content;
    }

    private static AIContent ReadContent(JsonElement block)
    {
        switch (block.Text("type"))
        {
            case "text":
                return new TextContent(block.Text("text"));
            case "image" or "document":
                return ReadSource(block);
            case "tool_use":
                return RequestParts.Call(block.Text("id"), block.Text("name"), block.Member("input"));
            case "tool_result":
                List<AIContent> results = ReadContents(block.Member("content"));
                return new FunctionResultContent(block.Text("tool_use_id") ?? string.Empty, results is [TextContent { AdditionalProperties: null } only] ? only.Text : results);
            case "thinking":
                return new TextReasoningContent(block.Text("thinking")) { ProtectedData = block.Text("signature") };
            case "redacted_thinking":
                return new TextReasoningContent(null) { ProtectedData = block.Text("data") };
            case "search_result":
                IEnumerable<string?> texts = [block.Text("source"), block.Text("title"), .. block.Items("content").Select(part => part.Text("text"))];
                return new TextContent(string.Join('\n', texts));
            case "container_upload":
                return new HostedFileContent(block.Text("file_id") is { Length: > 0 } id ? id : "container");
            default:
                return RequestParts.Unknown(block);
        }
    }

    private static AIContent ReadSource(JsonElement block)
    {
        JsonElement source = block.Member("source") ?? default;
        return source.Text("type") switch
        {
            "base64" => RequestParts.Media(source.Text("data"), source.Text("media_type")),
            "url" => RequestParts.Media(source.Text("url"), block.Text("type") == "image" ? "image/*" : "application/pdf"),
            "text" => new TextContent(source.Text("data")),
            "content" => new TextContent(string.Join('\n', source.Items("content").Select(part => part.Text("text")))),
            "file" => new HostedFileContent(source.Text("file_id") is { Length: > 0 } id ? id : "file"),
            _ => RequestParts.Unknown(block),
        };
    }
}
