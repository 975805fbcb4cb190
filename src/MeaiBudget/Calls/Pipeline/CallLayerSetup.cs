using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>The dependencies that all layers share.</summary>
internal sealed record CallLayerSetup(TimeProvider TimeProvider, IReadOnlyList<ICallObserver> Observers)
{
    /// <summary>The logger of warnings.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The shared watch for the timeouts of attempts on this clock.</summary>
    public AttemptWatch Watch { get; } = AttemptWatch.For(TimeProvider);

    /// <summary>The conversations that providers store.</summary>
    public ConversationMemory Conversations { get; init; } = new(TimeProvider, shared: null);

    /// <summary>The answers that providers make in the background.</summary>
    public BackgroundBills Background { get; } = new(TimeProvider);

    public static CallLayerSetup Default { get; } = new(TimeProvider.System, []);

    /// <summary>Creates the setup from the services of a container; null for the default setup.</summary>
    public static CallLayerSetup From(IServiceProvider? services)
    {
        var clock = services?.GetService(typeof(TimeProvider)) as TimeProvider;
        var observers = services?.GetService(typeof(IEnumerable<ICallObserver>)) as IEnumerable<ICallObserver>;
        if (services is null)
        {
            return Default;
        }

        ILogger logger = Loggers.For<CallLayerChatClient>(services);
        UnbudgetedRequests.UseLogger(services.GetService(typeof(ILoggerFactory)) as ILoggerFactory);
        return new CallLayerSetup(clock ?? TimeProvider.System, [.. observers ?? []])
        {
            Logger = logger,
            Conversations = new ConversationMemory(
                clock ?? TimeProvider.System, services.GetService(typeof(IDistributedCache)) as IDistributedCache, exception => CallLog.ConversationCacheFailed(logger, exception.GetType().Name)),
        };
    }
}
