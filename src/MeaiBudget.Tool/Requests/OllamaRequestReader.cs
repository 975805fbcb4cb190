using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Reads request bodies of Ollama's <c>/api/chat</c> and <c>/api/generate</c>.</summary>
internal static class OllamaRequestReader
{
    public static RawRequest Read(JsonElement body)
    {
        var options = new ChatOptions
        {
            ModelId = body.Text("model"),
            MaxOutputTokens = body.Member("options")?.Number("num_predict"),
            ResponseFormat = body.Member("format") switch
            {
                { ValueKind: JsonValueKind.Object } schema => ChatResponseFormat.ForJsonSchema(schema.Clone()),
                { ValueKind: JsonValueKind.String } text when text.GetString() == "json" => ChatResponseFormat.Json,
                _ => null,
            },
        };
        List<AITool> tools = [.. body.Items("tools").Select(tool => tool.Member("function") ?? tool).Select(function =>
            RequestParts.Function(function.Text("name"), function.Text("description"), function.Member("parameters")))];
        options.Tools = tools.Count > 0 ? tools : null;
        if (body.Text("prompt") is { } prompt)
        {
            bool raw = body.IsTrue("raw") || body.Text("template") is not null;
            var messages = new List<ChatMessage>();
            if (body.Text("system") is { Length: > 0 } system)
            {
                messages.Add(new ChatMessage(ChatRole.System, system));
            }

            // A template of the request's own has its text in the prompt, and a suffix is what follows the text to fill in.
            IEnumerable<TextContent> others = new[] { body.Text("template"), body.Text("suffix") }.Where(text => text is { Length: > 0 }).Select(text => new TextContent(text));
            messages.Add(new ChatMessage(ChatRole.User, [new TextContent(prompt), .. others, .. body.Items("images").Select(ReadImage)]));
            return new RawRequest(raw ? ChatApi.TextCompletion : ChatApi.Ollama, options.ModelId, messages, options);
        }

        return new RawRequest(ChatApi.Ollama, options.ModelId, [.. body.Items("messages").Select(ReadMessage)], options);
    }

    private static ChatMessage ReadMessage(JsonElement message)
    {
        ChatRole role = RequestParts.Role(message.Text("role"));
        string? text = message.Text("content");
        if (role == ChatRole.Tool)
        {
            return new ChatMessage(role, [new FunctionResultContent(message.Text("tool_call_id") ?? string.Empty, text)]);
        }

        var contents = new List<AIContent>();
        if (message.Text("thinking") is { Length: > 0 } thinking)
        {
            contents.Add(new TextReasoningContent(thinking));
        }

        if (text is not null)
        {
            contents.Add(new TextContent(text));
        }

        contents.AddRange(message.Items("images").Select(ReadImage));
        foreach (JsonElement call in message.Items("tool_calls"))
        {
            JsonElement function = call.Member("function") ?? call;
            contents.Add(RequestParts.Call(call.Text("id"), function.Text("name"), function.Member("arguments")));
        }

        return new ChatMessage(role, contents);
    }

    private static AIContent ReadImage(JsonElement image) =>
        RequestParts.Media(image.ValueKind == JsonValueKind.String ? image.GetString() : null, "image/*");
}
