using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <summary>Wraps clients that the application created with Anthropic's SDK.</summary>
public static class AnthropicProviderExtensions
{
    /// <summary>Adds failure classification and exact usage to a client that the application created with Anthropic's SDK.</summary>
    /// <param name="client">The client that <c>AsIChatClient()</c> returned.</param>
    /// <returns>A client that wraps it.</returns>
    /// <remarks>
    /// If you create the SDK client yourself, disable its two retries, because budgets do not see them:
    /// <c>new AnthropicClient { MaxRetries = 0 }</c>. Add a <see cref="WireObservationHandler"/> to the <c>Handlers</c> of its options,
    /// because the SDK does not expose response headers such as Retry-After.
    /// </remarks>
    public static IChatClient WithAnthropicProvider(this IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new AnthropicChatClient(client);
    }
}
