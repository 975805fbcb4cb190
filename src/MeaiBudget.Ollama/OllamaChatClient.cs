using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OllamaSharp;
using OllamaSharp.Models.Chat;

namespace MeaiBudget;

/// <summary>A client for Ollama. It sets the context window, removes usage with zero counts, and detects requests that the server truncated.</summary>
internal sealed partial class OllamaChatClient : ProviderChatClient
{
    /// <summary>OllamaSharp's name of the option for the context window.</summary>
    private const string ContextLengthOption = "num_ctx";

    /// <summary>Smaller requests, in tokens, are not checked, because the error of the estimate is as large as the truncated part.</summary>
    private const long SmallestCheckedInput = 512;

    private readonly int? _contextLength;
    private readonly bool _throws;
    private readonly bool _checks;
    private readonly Action<OllamaInputTruncation>? _inputTruncated;
    private readonly ITokenEstimator _estimator;
    private readonly ILogger _logger;

    /// <summary>Creates a client that wraps one of the application.</summary>
    public OllamaChatClient(IChatClient innerClient)
        : base(innerClient, OllamaFailureClassifier.Instance, IUsageNormalizer.Default, ChatApi.Ollama)
    {
        _estimator = MeaiBudget.TokenEstimator.Shared;
        _logger = NullLogger.Instance;
    }

    /// <summary>Creates the factory's client.</summary>
    public OllamaChatClient(IChatClient innerClient, OllamaChatClientOptions options, ProviderClientSetup setup)
        : base(innerClient, setup, OllamaFailureClassifier.Instance, IUsageNormalizer.Default, ChatApi.Ollama)
    {
        _contextLength = options.ContextLength;
        _throws = options.ThrowWhenInputTruncated;
        _inputTruncated = options.InputTruncated;
        _estimator = options.TokenEstimator ?? MeaiBudget.TokenEstimator.Shared;
        _logger = options.LoggerFactory?.CreateLogger<OllamaChatClient>() ?? (ILogger)NullLogger.Instance;
        _checks = _throws || _inputTruncated is not null || options.LoggerFactory is not null;
    }

    protected override long? ContextWindow => _contextLength;

    protected override bool SeesWire => base.SeesWire || (InnerClient.GetService<OllamaApiClient>() is { } sdk && SeesWireOf(sdk));

    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        messages = Once(messages);
        ChatResponse response = await base.GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false);
        if (IsUncounted(response.Usage))
        {
            // The SDK has just created this response, so changing it affects no other code.
            response.Usage = null;
        }

        await CheckAsync(messages, options, response.Usage, cancellationToken).ConfigureAwait(false);
        return response;
    }

    public override IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IEnumerable<ChatMessage> once = Once(messages);
        return StreamAsync(base.GetStreamingResponseAsync(once, options, cancellationToken), once, options, cancellationToken);
    }

    protected override ChatOptions? Prepare(ChatOptions? options)
    {
        ChatOptions? prepared = WithoutRawTools(base.Prepare(options));
        if (_contextLength is not { } contextLength || prepared?.AdditionalProperties?.ContainsKey(ContextLengthOption) is true)
        {
            return prepared;
        }

        prepared = ReferenceEquals(prepared, options) ? options?.Clone() ?? new ChatOptions() : prepared!;
        (prepared.AdditionalProperties ??= [])[ContextLengthOption] = contextLength;
        return prepared;
    }

    /// <summary>Removes the tools of a raw request that must not call any, because Ollama has no tool choice.</summary>
    private static ChatOptions? WithoutRawTools(ChatOptions? prepared)
    {
        if (prepared is not { ToolMode: NoneChatToolMode, RawRepresentationFactory: { } original })
        {
            return prepared;
        }

        ChatOptions without = prepared.Clone();
        without.RawRepresentationFactory = client =>
        {
            object? raw = original(client);
            if (raw is ChatRequest request)
            {
                request.Tools = null;
            }

            return raw;
        };
        return without;
    }

    internal static bool SeesWireOf(OllamaApiClient sdk)
    {
        try
        {
            return ChatWireHandler.IsIn(HttpClientOf(sdk));
        }
        catch (MissingFieldException)
        {
            // Another version of OllamaSharp may have no such field. Then the handler counts as missing, and raw requests are refused.
            return false;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_client")]
    private static extern ref HttpClient HttpClientOf(OllamaApiClient client);

    /// <summary>True if the usage has no counts. OllamaSharp converts missing counts to zero.</summary>
    private static bool IsUncounted(UsageDetails? usage) => usage is { InputTokenCount: null or 0, OutputTokenCount: null or 0 };

    private static IEnumerable<ChatMessage> Once(IEnumerable<ChatMessage> messages) => messages as IReadOnlyCollection<ChatMessage> ?? [.. messages];

    private async IAsyncEnumerable<ChatResponseUpdate> StreamAsync(
        IAsyncEnumerable<ChatResponseUpdate> updates,
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // OllamaSharp reads lines without the token.
        CancelReadsWith(cancellationToken);
        UsageDetails? reported = null;
        await foreach (ChatResponseUpdate? update in updates.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (UsageOf(update.Contents) is { } usage)
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

    private static UsageContent? UsageOf(IList<AIContent> contents)
    {
        for (int i = 0; i < contents.Count; i++)
        {
            if (contents[i] is UsageContent usage)
            {
                return usage;
            }
        }

        return null;
    }

    private async ValueTask CheckAsync(IEnumerable<ChatMessage> messages, ChatOptions? options, UsageDetails? usage, CancellationToken cancellationToken)
    {
        if (!_checks || usage?.InputTokenCount is not (> 0 and var reported))
        {
            return;
        }

        string? modelId = ResolveModelId(options?.ModelId);
        var target = new TokenEstimationTarget(modelId, InnerClient.GetService<ChatClientMetadata>());
        TokenEstimate estimate = await _estimator.EstimateAsync(messages, options, target, cancellationToken).ConfigureAwait(false);

        // Truncation keeps about half of the window, so the rest is much smaller than half of a request that did not fit.
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
        Message = "Ollama read only {ReportedInputTokens} of about {EstimatedInputTokens} input tokens for {ModelId}. It probably removed the beginning of the request. Raise ContextLength (num_ctx) or shorten the request.")]
    private static partial void LogInputTruncated(ILogger logger, long reportedInputTokens, long estimatedInputTokens, string? modelId);
}
