using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Validates the arguments of a call before anything is reserved.</summary>
internal static class CallArguments
{
    public static void Check(IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.TryGetNonEnumeratedCount(out int count) && count == 0 && string.IsNullOrEmpty(options?.ConversationId)
            && options?.ContinuationToken is null)
        {
            throw new ArgumentException("A chat request needs at least one message.", nameof(messages));
        }

        if (options?.MaxOutputTokens is <= 0)
        {
            throw new ArgumentException($"MaxOutputTokens is {options.MaxOutputTokens}; it must be at least 1, or null for the model's own limit.", nameof(options));
        }
    }
}
