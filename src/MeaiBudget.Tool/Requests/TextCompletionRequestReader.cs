using System.Text.Json;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>Reads request bodies of the older <c>/v1/completions</c>: a prompt without messages.</summary>
internal static class TextCompletionRequestReader
{
    public static RawRequest Read(JsonElement body)
    {
        var options = new ChatOptions { ModelId = body.Text("model"), MaxOutputTokens = body.Number("max_tokens") };
        IEnumerable<string?> prompts = body.Member("prompt") switch
        {
            { ValueKind: JsonValueKind.String } text => [text.GetString()],
            { ValueKind: JsonValueKind.Array } array => array.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()),
            _ => [],
        };
        if (body.Text("suffix") is { Length: > 0 } suffix)
        {
            prompts = prompts.Append(suffix);
        }

        return new RawRequest(ChatApi.TextCompletion, options.ModelId, [.. prompts.Select(prompt => new ChatMessage(ChatRole.User, prompt))], options);
    }
}
