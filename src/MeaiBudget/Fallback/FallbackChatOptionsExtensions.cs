using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <content>What a fallback may not do.</content>
public static partial class MeaiBudgetChatOptionsExtensions
{
    /// <summary>Makes options whose request is answered by the primary or not at all.</summary>
    /// <param name="options">The options, which stay as they are; <see langword="null"/> for none.</param>
    /// <returns>The new options. Nothing of it is serialised.</returns>
    public static ChatOptions PinModel(this ChatOptions? options) => new CallChatOptions(options) { IsPinned = true };

    /// <summary>Makes options whose request goes only to routes that have all these tags; said before any price is looked at.</summary>
    /// <param name="options">The options, which stay as they are; <see langword="null"/> for none.</param>
    /// <param name="tags">The tags, for example <c>eu</c>; added to those required before.</param>
    /// <returns>The new options. Nothing of it is serialised.</returns>
    /// <remarks>Below layers of this library without <c>UseFallback</c> nobody knows any tags, and such a request throws instead of being sent.</remarks>
    public static ChatOptions RequireTags(this ChatOptions? options, params string[] tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return new CallChatOptions(options) { RequiredTags = [.. (options as CallChatOptions)?.RequiredTags ?? [], .. tags] };
    }
}
