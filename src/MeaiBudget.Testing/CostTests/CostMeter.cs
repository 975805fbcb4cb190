using System.Collections.Concurrent;
using Microsoft.Extensions.AI;

namespace MeaiBudget.Testing;

/// <summary>Measures the requests of the clients that it wraps, for one run of a <see cref="CostScenario"/>. Thread-safe.</summary>
/// <remarks>
/// A measured client takes the place of the provider's client. The scenario's own layers (function invocation, budgets, retry, fallback) are
/// built on top of it and behave as without it. Its own budget observes and refuses nothing. In a pipeline with a fallback, measure each of
/// its clients.
/// </remarks>
public sealed class CostMeter
{
    private readonly Lock _lock = new();
    private readonly List<(int Number, MeasuredRequest Request)> _requests = [];
    private readonly HashSet<(Guid, int)> _known = [];
    private readonly ConcurrentDictionary<string, string> _toolOfCall = new(StringComparer.Ordinal);
    private readonly TokenEstimator _estimator = new(new TokenEstimatorOptions { LearnsFromUsage = false });
    private readonly CostTracker _tracker;
    private readonly Services _services;
    private readonly bool _countsTokens;
    private int _sent;

    internal CostMeter(PriceCatalog prices, bool countsTokens)
    {
        _tracker = new CostTracker([ScenarioPrices.Unlimited()], prices);
        _services = new Services(new Observer(this));
        _countsTokens = countsTokens;
    }

    /// <summary>Wraps a provider's client, so that its requests are measured.</summary>
    /// <param name="client">The client of a provider, a simulator, a recording or a script. Disposing the result disposes it.</param>
    /// <returns>The measured client.</returns>
    /// <exception cref="ArgumentException">The client contains a tool loop, whose rounds could not be measured one by one.</exception>
    public IChatClient Measure(IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        if (client.GetService<FunctionInvokingChatClient>() is not null)
        {
            throw new ArgumentException(
                "The client contains UseFunctionInvocation, so its rounds could not be measured one by one. Measure the provider's client, and add UseFunctionInvocation on top of the measured client.", nameof(client));
        }

        return new MeasuringChatClient(
            new ChatClientBuilder(client)
                .UseTokenEstimation(_estimator)
                .UseBudget(_tracker)
                .Use(inner => new MeasuredProviderClient(inner))
                .Build(_services),
            this);
    }

    /// <summary>Wraps a generator of embeddings, so that its requests are measured.</summary>
    /// <typeparam name="TInput">The type of the inputs. Only text is counted; other inputs cost what the provider reports.</typeparam>
    /// <typeparam name="TEmbedding">The type of the embeddings.</typeparam>
    /// <param name="generator">The generator of a provider, a simulator, a recording or a double. Disposing the result disposes it.</param>
    /// <returns>The measured generator.</returns>
    public IEmbeddingGenerator<TInput, TEmbedding> Measure<TInput, TEmbedding>(IEmbeddingGenerator<TInput, TEmbedding> generator)
        where TEmbedding : Embedding
    {
        ArgumentNullException.ThrowIfNull(generator);
        return new MeasuringEmbeddingGenerator<TInput, TEmbedding>(
            new EmbeddingGeneratorBuilder<TInput, TEmbedding>(generator)
                .UseBudget(_tracker)
                .Use(inner => new MeasuredProviderGenerator<TInput, TEmbedding>(inner))
                .Build(_services),
            this);
    }

    /// <summary>The requests so far, in the order in which they were sent, which is the same in each run also for concurrent calls.</summary>
    internal IReadOnlyList<MeasuredRequest> Requests
    {
        get
        {
            lock (_lock)
            {
                return [.. _requests.OrderBy(request => request.Number).Select(request => request.Request)];
            }
        }
    }

    /// <summary>Adds the requests of calls that passed layers of this library and no measured client.</summary>
    internal void AddUnmeasured(IEnumerable<CallReceipt> receipts)
    {
        foreach (AttemptReceipt attempt in receipts.SelectMany(receipt => receipt.Attempts))
        {
            Add(attempt, null);
        }
    }

    /// <summary>The tool of each call in the answers so far, by the id of the call.</summary>
    internal IReadOnlyDictionary<string, string> ToolOfCall => _toolOfCall;

    /// <summary>Notes a tool call of an answer.</summary>
    internal void Called(FunctionCallContent call) => _toolOfCall[call.CallId] = call.Name;

    /// <summary>Returns the number of the next request.</summary>
    internal int NextNumber() => Interlocked.Increment(ref _sent);

    private void Add(AttemptReceipt attempt, MeasuredPass? pass)
    {
        SentRequest? sent = pass?.Take();
        if (attempt.Outcome is AttemptOutcome.Refused or AttemptOutcome.Skipped or AttemptOutcome.CircuitOpen)
        {
            return;
        }

        lock (_lock)
        {
            if (!_known.Add((attempt.CallId, attempt.Number)))
            {
                return;
            }

            SimulatedRequest? simulated = SimulatedWire.RequestOf(sent?.ProviderUri, attempt);
            bool isCounted = _countsTokens || sent?.Answer?.HasMadeUpUsage == true || simulated?.HasMadeUpUsage == true;
            var request = new MeasuredRequest(attempt, sent?.Contents, sent?.Answer, RequestTags.Of(sent?.Contents.Options))
            {
                ProviderUri = sent?.ProviderUri,
                ReasoningEffort = SimulatedWire.ReasoningEffortOf(simulated) ?? sent?.Contents.Options?.Reasoning?.Effort?.ToString(),
                IsCounted = isCounted,
                Reserved = attempt.Budgets is [var only] && only == ScenarioPrices.BudgetName ? attempt.Reserved : null,
            };
            _requests.Add((sent?.Number ?? NextNumber(), isCounted && attempt.Outcome == AttemptOutcome.Answered ? request with { Usage = Counted(request) } : request));
        }
    }

    private static BillableUsage Counted(MeasuredRequest request) => new()
    {
        InputTokens = request.Estimate.InputTokens,
        OutputTokens = request.Answer is { } answer ? PartTokens.Count(request.Model, answer.Text) : request.Usage.OutputTokens,
        ServiceTier = request.Usage.ServiceTier,
        IsEstimated = true,
    };

    private sealed class Observer(CostMeter meter) : ICallObserver
    {
        public void OnAttempt(AttemptReceipt attempt)
        {
            if (MeasuredPass.Current is { } pass && ReferenceEquals(pass.Meter, meter))
            {
                meter.Add(attempt, pass);
            }
        }
    }

    private sealed class Services(ICallObserver observer) : IServiceProvider
    {
        public object? GetService(Type serviceType) => serviceType == typeof(IEnumerable<ICallObserver>) ? new[] { observer } : null;
    }
}
