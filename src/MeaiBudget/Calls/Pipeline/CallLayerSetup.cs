using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>What every layer needs besides its own options.</summary>
internal sealed record CallLayerSetup(TimeProvider TimeProvider, IReadOnlyList<ICallObserver> Observers)
{
    /// <summary>Where rare warnings go.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>What watches the attempts that run by the clock.</summary>
    public AttemptWatch Watch { get; } = AttemptWatch.For(TimeProvider);

    public static CallLayerSetup Default { get; } = new(TimeProvider.System, []);

    /// <summary>Reads from a container what the application put there.</summary>
    public static CallLayerSetup From(IServiceProvider? services)
    {
        var clock = services?.GetService(typeof(TimeProvider)) as TimeProvider;
        var observers = services?.GetService(typeof(IEnumerable<ICallObserver>)) as IEnumerable<ICallObserver>;
        return services is null
            ? Default
            : new CallLayerSetup(clock ?? TimeProvider.System, [.. observers ?? []]) { Logger = Loggers.For<CallLayerChatClient>(services) };
    }
}
