using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Counts the requests to models that passed no budget, logs them, and refuses those of clients that require a budget.</summary>
/// <remarks>
/// A warning is logged for the first request to a host by a protocol, then at most once an hour for each. Handlers of
/// <see cref="IHttpClientFactory"/> are made anew every two minutes, so the state is that of the process. Thread-safe.
/// </remarks>
internal static partial class UnbudgetedRequests
{
    internal const string BudgetRequired = "MB011";

    private const int MostPlaces = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    private static readonly ConcurrentDictionary<(string Host, WireProtocol Protocol), Place> Places = new();
    private static long s_count;
    private static int s_places;
    private static ILogger s_logger = NullLogger.Instance;

    /// <summary>The number of such requests, refused ones included.</summary>
    public static long Count => Volatile.Read(ref s_count);

    /// <summary>Makes the logger of an application that of handlers without their own.</summary>
    public static void UseLogger(ILoggerFactory? factory)
    {
        if (factory is not null)
        {
            Volatile.Write(ref s_logger, factory.CreateLogger<ChatWireHandler>());
        }
    }

    /// <summary>Counts and logs a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="logger">The logger; null for that of <see cref="UseLogger"/>.</param>
    /// <param name="clock">The clock.</param>
    /// <exception cref="PipelineException">The request is refused.</exception>
    public static void Pass(UnbudgetedRequest request, ILogger? logger, TimeProvider clock)
    {
        Interlocked.Increment(ref s_count);
        MeaiBudgetDiagnostics.RecordUnbudgeted(request.Host, request.IsOutside ? "no_pipeline" : "no_budget", request.IsRefused);
        string host = WrittenText.Of(request.Host) ?? "";
        if (request.IsRefused)
        {
            throw new PipelineException(
                BudgetRequired,
                request.IsOutside
                    ? $"a request to {host} was not sent, because its client requires a budget and no MeaiBudget pipeline made the request. Call the client through a pipeline with UseBudget, or set RequireBudget to false."
                    : $"a request to {host} was not sent, because its client requires a budget and the pipeline that made the request has none. Add UseBudget to the pipeline, or set RequireBudget to false.");
        }

        // A pipeline without a budget may be intended. Only the counter has its requests.
        logger ??= Volatile.Read(ref s_logger);
        if (request.IsOutside && logger.IsEnabled(LogLevel.Warning) && PlaceOf(request).TryReport(clock.GetUtcNow(), out long since))
        {
            Unbudgeted(logger, host, since);
        }
    }

    [LoggerMessage(EventId = 111, EventName = "UnbudgetedRequest", Level = LogLevel.Warning,
        Message = "A request to {Host} passed no budget, because no MeaiBudget pipeline made it. Call the client through a pipeline with UseBudget, or set RequireBudget to refuse such requests. This is logged at most once an hour for each host; there were {Requests} requests since. See docs/pipeline-rules.md#mb011.")]
    private static partial void Unbudgeted(ILogger logger, string host, long requests);

    /// <summary>Finds the state of a host and a protocol. Hosts beyond the bound share one.</summary>
    private static Place PlaceOf(UnbudgetedRequest request) => Places.TryGetValue((request.Host, request.Protocol), out Place? known)
        ? known
        : Places.GetOrAdd(HasRoom() ? (request.Host, request.Protocol) : ("", WireProtocol.None), static _ => new Place());

    // Places are counted here, because the dictionary's own count takes all its locks.
    private static bool HasRoom() => Volatile.Read(ref s_places) < MostPlaces && Interlocked.Increment(ref s_places) <= MostPlaces;

    /// <summary>When requests to one place were logged last, and how many came since.</summary>
    private sealed class Place
    {
        private readonly Lock _lock = new();
        private DateTimeOffset? _reported;
        private long _waiting;

        public bool TryReport(DateTimeOffset now, out long requests)
        {
            lock (_lock)
            {
                requests = ++_waiting;

                // A clock that was set back must not end the reports.
                if (_reported is { } last && now - last < Interval && now >= last)
                {
                    return false;
                }

                (_reported, _waiting) = (now, 0);
                return true;
            }
        }
    }
}

/// <summary>A request to a model that passed no budget.</summary>
/// <param name="Host">The host that it goes to.</param>
/// <param name="Protocol">The protocol; none if only the body says what it is.</param>
/// <param name="IsOutside">True if no attempt made it; false if an attempt without a budget did.</param>
/// <param name="IsRefused">True if it is not sent.</param>
internal readonly record struct UnbudgetedRequest(string Host, WireProtocol Protocol, bool IsOutside, bool IsRefused);
