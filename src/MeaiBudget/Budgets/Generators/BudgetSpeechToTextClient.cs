using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Lets a request for a transcript be sent only if it fits every budget, and charges what it cost.</summary>
/// <remarks>
/// Thread-safe. How long a sound is, and so what it costs, is for the application to bound (<see cref="GeneratorBounds"/>); without a bound
/// an enforcing budget refuses the request. Uses the same trackers, runs, tags and metrics as chat does. Changes nothing in a request.
/// </remarks>
[Experimental("MEAI001")]
internal sealed class BudgetSpeechToTextClient : DelegatingSpeechToTextClient
{
    private readonly GeneratorLayer _layer;
    private readonly GeneratorBounds _bounds;

    /// <summary>Makes the layer.</summary>
    /// <param name="innerClient">The client below.</param>
    /// <param name="tracker">The budgets; <see langword="null"/> to enforce ambient runs only.</param>
    /// <param name="bounds">The most tokens of the sound and of the transcript; <see langword="null"/> if neither is known.</param>
    public BudgetSpeechToTextClient(ISpeechToTextClient innerClient, CostTracker? tracker = null, GeneratorBounds? bounds = null)
        : this(innerClient, tracker, bounds, null)
    {
    }

    internal BudgetSpeechToTextClient(ISpeechToTextClient innerClient, CostTracker? tracker, GeneratorBounds? bounds, CallLayerSetup? setup)
        : base(innerClient)
    {
        _bounds = bounds ?? GeneratorBounds.None;
        var metadata = innerClient.GetService(typeof(SpeechToTextClientMetadata)) as SpeechToTextClientMetadata;
        _layer = new GeneratorLayer(
            new GeneratorClient(
                innerClient.GetService,
                new ChatClientMetadata(metadata?.ProviderName, metadata?.ProviderUri, metadata?.DefaultModelId),
                MediaUsageNormalizer.SoundIn(innerClient.GetService)),
            client => new BudgetChatClient(client, tracker, null, setup));
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused; nothing was sent.</exception>
    public override Task<SpeechToTextResponse> GetTextAsync(
        Stream audioSpeechStream, SpeechToTextOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audioSpeechStream);
        var request = new GeneratorRequest(Estimate, async token =>
        {
            SpeechToTextResponse made = await InnerClient.GetTextAsync(audioSpeechStream, options, token);
            return new ChatResponse { ModelId = made.ModelId, Usage = made.Usage, RawRepresentation = made };
        });
        return _layer.RunAsync<SpeechToTextResponse>(
            request, GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties, _bounds.MaxOutputTokens), attach: null, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused; nothing was sent.</exception>
    public override IAsyncEnumerable<SpeechToTextResponseUpdate> GetStreamingTextAsync(
        Stream audioSpeechStream, SpeechToTextOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audioSpeechStream);
        var request = new GeneratorRequest(Estimate, stream: token => GeneratorRequest.Updates(
            InnerClient.GetStreamingTextAsync(audioSpeechStream, options, token), update => (update.Contents, update.ModelId), token));
        return _layer.StreamAsync<SpeechToTextResponseUpdate>(
            request, GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties, _bounds.MaxOutputTokens), cancellationToken);
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return _layer.GetService(serviceType, serviceKey) ?? base.GetService(serviceType, serviceKey);
    }

    private TokenEstimate Estimate(TokenEstimationTarget target) => GeneratorEstimates.OfMedia(null, hasMedia: true, _bounds, target);
}
