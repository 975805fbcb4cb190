namespace MeaiBudget.Tool;

/// <summary>The providers of a demo, with methods to make them fail.</summary>
internal abstract class DemoStage : IAsyncDisposable
{
    /// <summary>The model class of the routes that cost money.</summary>
    protected const string ModelClass = "fast";

    /// <summary>A sentence about which providers answer.</summary>
    public abstract string Description { get; }

    /// <summary>All routes, in the order in which they are tried.</summary>
    public IReadOnlyList<ChatRoute> Routes => [.. Paid, .. Local is null ? [] : new[] { Local }];

    /// <summary>The routes that cost money; the first is the primary.</summary>
    public abstract IReadOnlyList<ChatRoute> Paid { get; }

    /// <summary>The route that costs nothing.</summary>
    public abstract ChatRoute? Local { get; }

    /// <summary>Sets the next answer of a route, if the stage can do so.</summary>
    public abstract void Answer(ChatRoute route, string text, long inputTokens, long outputTokens);

    /// <summary>Makes the next requests of a route fail.</summary>
    public abstract void Fail(ChatRoute route, int status, int times, string? retryAfter = null);

    public abstract ValueTask DisposeAsync();
}
