using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// Options that carry what is no part of the request: the run that it belongs to, and what is demanded of the routes. Clones
/// keep it; nothing of it is serialised, so cache keys and requests stay as they are.
/// </summary>
internal sealed class CallChatOptions : ChatOptions
{
    public CallChatOptions(ChatOptions? options)
        : base(options)
    {
        if (options is CallChatOptions other)
        {
            Run = other.Run;
            IsPinned = other.IsPinned;
            RequiredTags = other.RequiredTags;
        }
    }

    internal ISpendGate? Run { get; init; }

    internal bool IsPinned { get; init; }

    internal IReadOnlyList<string> RequiredTags { get; init; } = [];

    /// <inheritdoc/>
    public override ChatOptions Clone() => new CallChatOptions(this);
}
