using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace MeaiBudget;

/// <summary>Ollama's client: asks for the context window, drops counts that are none, and notices requests that the server cut.</summary>
internal sealed partial class OllamaChatClient : ProviderChatClient
{
    /// <summary>OllamaSharp's name of the option for the context window.</summary>
    private const string ContextLengthOption = "num_ctx";

    /// <summary>Below this, an estimate's error is as large as what could have been cut.</summary>
    private const long SmallestCheckedInput = 512;

    private readonly int? _contextLength;
    private readonly bool _throws;
    private readonly bool _checks;
    private readonly Action<OllamaInputTruncation>? _inputTruncated;
    private readonly ITokenEstimator _estimator;
    private readonly ILogger _logger;

    /// <summary>Makes a client around one that the app made.</summary>
    public OllamaChatClient(IChatClient innerClient)
        : base(innerClient, OllamaFailureClassifier.Instance, UsageNormalizer.Default, ChatApi.Ollama)
    {
        _estimator = MeaiBudget.TokenEstimator.Shared;
        _logger = NullLogger.Instance;
    }

    /// <summary>Makes the factory's client.</summary>
    public OllamaChatClient(IChatClient innerClient, OllamaChatClientOptions options, string defaultModelId, IDisposable owned)
        : base(innerClient, options, defaultModelId, owned, OllamaFailureClassifier.Instance, UsageNormalizer.Default, ChatApi.Ollama)
    {
        _contextLength = options.ContextLength;
        _throws = options.ThrowWhenInputTruncated;
        _inputTruncated = options.InputTruncated;
        _estimator = options.TokenEstimator ?? MeaiBudget.TokenEstimator.Shared;
        _logger = options.LoggerFactory?.CreateLogger<OllamaChatClient>() ?? (ILogger)NullLogger.Instance;
        _checks = _throws || _inputTruncated is not null || options.LoggerFactory is not null;
    }

    internal override long? ContextWindow => _contextLength;

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        messages = Once(messages);
        var response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        if (IsUncounted(response.Usage))
        {
            // The object is fresh from the SDK and nobody else has seen it yet.
            response.Usage = null;
        }

        await CheckAsync(messages, options, response.Usage, cancellationToken).ConfigureAwait(false);
        return response;
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var once = Once(messages);
        return StreamAsync(base.GetStreamingResponseAsync(once, options, cancellationToken), once, options, cancellationToken);
    }

    private protected override ChatOptions? Prepare(ChatOptions? options)
    {
        var prepared = base.Prepare(options);
        if (_contextLength is not { } contextLength || prepared?.AdditionalProperties?.ContainsKey(ContextLengthOption) is true)
        {
            return prepared;
        }

        prepared = ReferenceEquals(prepared, options) ? options?.Clone() ?? new ChatOptions() : prepared!;
        (prepared.AdditionalProperties ??= [])[ContextLengthOption] = contextLength;
        return prepared;
    }

    /// <summary>OllamaSharp turns counts that are missing into zeros; such usage says nothing and is no usage.</summary>
    private static bool IsUncounted(UsageDetails? usage) => usage is { InputTokenCount: null or 0, OutputTokenCount: null or 0 };

    private static IEnumerable<ChatMessage> Once(IEnumerable<ChatMessage> messages) => messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IAsyncEnumerable<ChatResponseUpdate> updates,
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // OllamaSharp waits for lines without the token; outside a pipeline of ours nobody else tells the handler of it.
        WireObservation.Current ??= new WireObservation(cancellationToken);
        UsageDetails? reported = null;
        await foreach (var update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (update.Contents.OfType<UsageContent>().FirstOrDefault() is { } usage)
            {
                if (IsUncounted(usage.Details))
                {
                    update.Contents.Remove(usage);
                }
                else
                {
                    reported = usage.Details;
                }
            }

            yield return update;
        }

        // OllamaSharp ends a stream that the caller cancelled as if it were complete.
        cancellationToken.ThrowIfCancellationRequested();
        await CheckAsync(messages, options, reported, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CheckAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, UsageDetails? usage, CancellationToken cancellationToken)
    {
        if (!_checks || usage?.InputTokenCount is not (> 0 and var reported))
        {
            return;
        }

        var modelId = ResolveModelId(options?.ModelId);
        var target = new TokenEstimationTarget(modelId, InnerClient.GetService<ChatClientMetadata>());
        var estimate = await _estimator.EstimateAsync(messages, options, target, cancellationToken).ConfigureAwait(false);

        // A cut keeps about half of the window, so what is left is well below half of what did not fit.
        if (estimate.InputTokens < SmallestCheckedInput || reported >= estimate.InputTokens / 2)
        {
            return;
        }

        var truncation = new OllamaInputTruncation(modelId, estimate.InputTokens, reported, _contextLength);
        LogInputTruncated(_logger, truncation.ReportedInputTokens, truncation.EstimatedInputTokens, modelId);
        _inputTruncated?.Invoke(truncation);
        if (_throws)
        {
            throw new OllamaInputTruncatedException(truncation);
        }
    }

    [LoggerMessage(EventId = 5101, EventName = "InputTruncated", Level = LogLevel.Warning,
        Message = "Ollama read {ReportedInputTokens} of about {EstimatedInputTokens} input tokens for {ModelId}: the beginning of the request was probably cut. Raise ContextLength (num_ctx) or shorten the request.")]
    private static partial void LogInputTruncated(ILogger logger, long reportedInputTokens, long estimatedInputTokens, string? modelId);
}
