namespace MeaiBudget.Tool;

/// <summary>Where the story is played: the providers, and a way to make them fail at the right moment.</summary>
internal abstract class DemoStage : IAsyncDisposable
{
    /// <summary>What the routes that cost money have in common.</summary>
    protected const string ModelClass = "fast";

    /// <summary>Gets a sentence that says who answers.</summary>
    public abstract string Description { get; }

    /// <summary>Gets every route, in the order in which they are asked.</summary>
    public IReadOnlyList<ChatRoute> Routes => [.. Paid, .. Local is null ? [] : new[] { Local }];

    /// <summary>Gets the routes that cost money; the first is the primary.</summary>
    public abstract IReadOnlyList<ChatRoute> Paid { get; }

    /// <summary>Gets the route that costs nothing.</summary>
    public abstract ChatRoute? Local { get; }

    /// <summary>Says what a route answers next, where the stage has a say in it.</summary>
    public abstract void Answer(ChatRoute route, string text, long inputTokens, long outputTokens);

    /// <summary>Makes the next requests to a route fail.</summary>
    public abstract void Fail(ChatRoute route, int status, int times, string? retryAfter = null);

    public abstract ValueTask DisposeAsync();
}
