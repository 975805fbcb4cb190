using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Restricts the routes that a fallback may use for a request.</summary>
public static partial class MeaiBudgetChatOptionsExtensions
{
    /// <summary>Returns options with which only the primary route may answer the request.</summary>
    /// <param name="options">The options, which are not changed; <see langword="null"/> for none.</param>
    /// <returns>The new options. The restriction is not serialised.</returns>
    public static ChatOptions PinModel(this ChatOptions? options) => new CallChatOptions(options) { IsPinned = true };

    /// <summary>Returns options with which only routes with all these tags may answer the request. Tags are checked before prices.</summary>
    /// <param name="options">The options, which are not changed; <see langword="null"/> for none.</param>
    /// <param name="tags">The tags, for example <c>eu</c>; added to tags required before.</param>
    /// <returns>The new options. The restriction is not serialised.</returns>
    /// <remarks>In a pipeline of this library without <c>UseFallback</c> no client has tags, so such a request throws instead of being sent.</remarks>
    public static ChatOptions RequireTags(this ChatOptions? options, params string[] tags)
    {
        ArgumentNullException.ThrowIfNull(tags);
        return new CallChatOptions(options) { RequiredTags = [.. (options as CallChatOptions)?.RequiredTags ?? [], .. tags] };
    }
}
