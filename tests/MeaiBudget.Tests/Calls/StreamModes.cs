using Microsoft.Extensions.AI;

namespace MeaiBudget.Tests;

/// <summary>Calls a client the one way or the other, so that every behaviour is tested streaming and not.</summary>
internal static class StreamModes
{
    public static TheoryData<bool> Both => [false, true];

    public static async Task<ChatResponse> AskAsync(
        this IChatClient client, bool streaming, string text = "How are you?", ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await client.AskAsync(streaming, [new ChatMessage(ChatRole.User, text)], options, cancellationToken);

    public static async Task<ChatResponse> AskAsync(
        this IChatClient client, bool streaming, IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        if (!streaming)
        {
            return await client.GetResponseAsync(messages, options, cancellationToken);
        }

        var updates = new List<ChatResponseUpdate>();
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(messages, options, cancellationToken))
        {
            updates.Add(update);
        }

        return updates.ToChatResponse();
    }
}
