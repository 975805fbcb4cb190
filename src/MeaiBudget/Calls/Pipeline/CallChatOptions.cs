using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>
/// Options with data of the call that is not part of the request: its run and the requirements on its routes. Clones keep the data.
/// It is not serialized, so cache keys and requests do not change.
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
