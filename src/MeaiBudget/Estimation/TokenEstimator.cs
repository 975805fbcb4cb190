using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>The default <see cref="ITokenEstimator"/>. Counts every part of a request by the rules of the model's family, and learns from reported usage.</summary>
/// <remarks>
/// Thread-safe. Counts are cached for each part, so a conversation that grew by one message only counts that message. Exact for
/// OpenAI's text requests; for others a heuristic with an upper bound, which budgets reserve.
/// </remarks>
/// <example>
/// <code>
/// var target = new TokenEstimationTarget("gpt-4.1-mini");
/// ITokenEstimator estimator = new TokenEstimator();
/// TokenEstimate estimate = await estimator.EstimateAsync([new(ChatRole.User, "What is the capital of Italy?")], options: null, target);
/// Console.WriteLine($"{estimate.InputTokens} tokens, at most {estimate.InputUpperBound} ({estimate.Source})");
/// </code>
/// </example>
public sealed class TokenEstimator : ITokenEstimator
{
    private const int MostProfiles = 4096;

    // The Responses API frames requests in another way than chat completions, so their corrections are separate.
    private const string ResponsesRoute = "/responses";

    private readonly ConcurrentDictionary<(string Model, ChatApi Api, ChatHost Host), RequestProfile> _profiles = new();
    private int _profileCount;
    private readonly ConcurrentDictionary<string, TextMeter> _meters = new(StringComparer.Ordinal);
    private readonly TokenEstimatorOptions _options;
    private readonly ProviderTokenCount _provider;

    /// <summary>A tally for reuse, to avoid allocations.</summary>
    private RequestTally? _spareTally;

    private volatile TargetProfile? _lastProfile;

    /// <summary>Creates an estimator.</summary>
    /// <param name="options">The options, copied; <see langword="null"/> for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public TokenEstimator(TokenEstimatorOptions? options = null)
    {
        _options = (options ?? new TokenEstimatorOptions()).Validated();
        _provider = new ProviderTokenCount(_options.CountTimeout, _options.TimeProvider);
        Learning = new TokenLearning(_options.LearningCapacity);
    }

    /// <summary>Gets the estimator that the process shares.</summary>
    public static TokenEstimator Shared { get; } = new();

    /// <summary>Gets the data learned from reported usage.</summary>
    internal TokenLearning Learning { get; }

    /// <summary>Removes what was learned from reported usage.</summary>
    /// <param name="modelId">The model, with or without its route prefix; <see langword="null"/> for all.</param>
    public void ResetLearning(string? modelId = null)
    {
        if (modelId is null)
        {
            Learning.Reset();
        }
        else
        {
            Learning.Reset(modelId);
        }
    }

    /// <summary>Writes what was learned from reported usage as JSON: numbers, model ids and host names, never message text.</summary>
    /// <returns>The JSON, for <see cref="ImportLearning"/>.</returns>
    public string ExportLearning() => Learning.Export();

    /// <summary>Replaces what was learned by an export.</summary>
    /// <param name="json">The text that <see cref="ExportLearning"/> returned.</param>
    /// <exception cref="FormatException">The text is no export, or one of a later version. Nothing was changed.</exception>
    public void ImportLearning(string json) => Learning.Import(json);

    /// <inheritdoc/>
    public ValueTask<TokenEstimate> EstimateAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(target);
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyList<ChatMessage> list = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        TokenEstimate local = Estimate(list, options, target);
        return _options.CountMode == TokenCountMode.Local || !WantsProvider(local)
            ? new ValueTask<TokenEstimate>(local)
            : new ValueTask<TokenEstimate>(_provider.CountAsync(local, list, options, target, cancellationToken));
    }

    /// <inheritdoc/>
    /// <remarks>Usage that is missing or implausible (zero, or many times the estimate) is ignored.</remarks>
    public void Learn(TokenEstimate estimate, TokenEstimationTarget target, in BillableUsage reported)
    {
        ArgumentNullException.ThrowIfNull(estimate);
        ArgumentNullException.ThrowIfNull(target);
        if (_options.LearnsFromUsage && !reported.IsEstimated && estimate.Observation is { Model: not null } observation)
        {
            Learning.Observe(observation, reported.InputTokens, reported.OutputTokens);
        }
    }

    /// <inheritdoc/>
    public long? ExpectedOutputTokens(TokenEstimationTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        string? model = target.ModelId ?? target.Metadata?.DefaultModelId;
        return model is null ? null : Learning.ExpectedOutputTokens(RequestProfile.Bare(model));
    }

    /// <summary>Estimates locally, without a counting endpoint.</summary>
    internal TokenEstimate Estimate(IReadOnlyList<ChatMessage> messages, ChatOptions? options, TokenEstimationTarget target)
    {
        RequestProfile profile = Profile(target, options);
        TextMeter meter = Meter(profile.Counter);
        RequestTally tally = Interlocked.Exchange(ref _spareTally, null) ?? new RequestTally();
        tally.Begin(meter);
        CheckMessages(messages);
        RequestRules.FlagUnseen(tally, options);
        profile.Rules.Tally(tally, messages, options);

        RequestShape shape = Shape(tally);
        bool isExact = profile.Counter.IsExact && profile.Rules.HasExactTextFraming && tally.Flags == TokenEstimateFlags.None && !tally.IsUncertain
            && (shape is RequestShape.Text or RequestShape.ForeignText || (profile.Rules.HasExactTools && shape is not RequestShape.Media));
        string route = RouteOf(target.Metadata);
        route = profile.Api == ChatApi.OpenAIResponses ? route + ResponsesRoute : route;
        bool hasTools = shape is not (RequestShape.Text or RequestShape.ForeignText);
        var observation = new RequestObservation(
            profile.Model, route, shape, hasTools ? Fingerprint(options) : 0, tally.Total, tally.ContentMargin, tally.ToolMargin,
            tally.UpperBound - tally.Total - tally.ContentMargin - tally.ToolMargin, profile.Counter.IsExact);

        // Also for an exact count: a deployment may have another model than its name says.
        LearnedEstimate learned = _options.LearnsFromUsage
            ? Learning.Correct(observation)
            : new LearnedEstimate(tally.Total, tally.UpperBound, IsLearned: false);
        TokenEstimateSource source = learned.IsLearned ? TokenEstimateSource.Learned : isExact ? TokenEstimateSource.Exact : TokenEstimateSource.Heuristic;
        var estimate = new TokenEstimate(learned.Tokens, Math.Max(learned.Tokens, learned.UpperBound), source)
        {
            MaxOutputTokens = options?.MaxOutputTokens,
            Flags = tally.Flags,
            Breakdown = tally.Breakdown,
            Observation = observation,
        };
        Volatile.Write(ref _spareTally, tally);
        return estimate;
    }

    // Servers on different ports of a machine are different hosts.
    private static string RouteOf(ChatClientMetadata? metadata) =>
        metadata?.ProviderUri is { } address ? (address.IsDefaultPort ? address.Host : address.Authority) : metadata?.ProviderName ?? string.Empty;

    /// <exception cref="ArgumentException">A message or a content is null.</exception>
    private static void CheckMessages(IReadOnlyList<ChatMessage> messages)
    {
        for (int index = 0; index < messages.Count; index++)
        {
            ChatMessage message = messages[index] ?? throw new ArgumentException($"The message at index {index} is null.", nameof(messages));
            for (int part = 0; part < message.Contents.Count; part++)
            {
                if (message.Contents[part] is null)
                {
                    throw new ArgumentException($"The content at index {part} of the message at index {index} is null.", nameof(messages));
                }
            }
        }
    }

    private static RequestShape Shape(RequestTally tally) =>
        tally.Media > 0 ? RequestShape.Media
        : tally.Tools + tally.ToolCalls > 0 ? (tally.IsForeign ? RequestShape.ForeignTools : RequestShape.Tools)
        : tally.ResponseSchema > 0 ? RequestShape.Schema
        : tally.IsForeign ? RequestShape.ForeignText : RequestShape.Text;

    // Tools and response schema: providers render them in different ways, and they are the same in each call of one feature.
    private static long Fingerprint(ChatOptions? options) =>
        ToolSet.Of(options).Fingerprint ^ (ResponseSchemaText.Of(options?.ResponseFormat)?.Fingerprint ?? 0);

    private bool WantsProvider(TokenEstimate local) => _options.CountMode switch
    {
        TokenCountMode.Provider => true,
        TokenCountMode.ProviderWhenUncertain => local.Flags != TokenEstimateFlags.None
            || local.InputUpperBound - local.InputTokens > Math.Max(64, _options.UncertainAbove * local.InputTokens),
        _ => false,
    };

    private RequestProfile Profile(TokenEstimationTarget target, ChatOptions? options)
    {
        // A route has one target for all its calls. Only if it names no model, the options do.
        if (_lastProfile is { } last && last.Target.TryGetTarget(out TokenEstimationTarget? known) && ReferenceEquals(known, target))
        {
            return last.Profile;
        }

        RequestProfile profile = FindProfile(target, options);
        if (target.ModelId is not null)
        {
            _lastProfile = new TargetProfile(new WeakReference<TokenEstimationTarget>(target), profile);
        }

        return profile;
    }

    private RequestProfile FindProfile(TokenEstimationTarget target, ChatOptions? options)
    {
        string model = target.ModelId ?? options?.ModelId ?? target.Metadata?.DefaultModelId ?? string.Empty;
        ChatApi api = target.Api ?? ApiOf(target);
        ChatHost host = ChatHosts.Of(target.Metadata?.ProviderUri);
        if (_profiles.TryGetValue((model, api, host), out RequestProfile? profile))
        {
            return profile;
        }

        profile = RequestProfile.Of(model, api, host);

        // Counted here, because the dictionary's own count takes all its locks.
        if (Volatile.Read(ref _profileCount) < MostProfiles && Interlocked.Increment(ref _profileCount) <= MostProfiles)
        {
            _profiles.TryAdd((model, api, host), profile);
        }

        return profile;
    }

    private static ChatApi ApiOf(TokenEstimationTarget target)
    {
        if (target.Client?.GetService(typeof(ChatApi)) is ChatApi stated)
        {
            return stated;
        }

        return target.Metadata?.ProviderName switch
        {
            "anthropic" => ChatApi.AnthropicMessages,
            "ollama" => ChatApi.Ollama,
            "openai" or "azure.ai.openai" or "azure" => ChatApi.OpenAIChat,
            "gemini" or "google" or "gcp.gemini" or "gcp.vertex_ai" => ChatApi.Gemini,
            _ => ChatApi.Unknown,
        };
    }

    private TextMeter Meter(ITokenCounter counter)
    {
        TextMeter meter = _meters.GetOrAdd(counter.Name, static (_, state) => new TextMeter(state.Counter, state.Cache), (Counter: counter, _options.Cache));
        return ReferenceEquals(meter.Counter, counter) ? meter : ReplaceMeter(counter);
    }

    // The application registered another counter under this name.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private TextMeter ReplaceMeter(ITokenCounter counter) => _meters[counter.Name] = new TextMeter(counter, _options.Cache);

    /// <summary>The profile of the last target. An estimator that the process shares must not keep the target's client alive.</summary>
    private sealed record TargetProfile(WeakReference<TokenEstimationTarget> Target, RequestProfile Profile);
}
