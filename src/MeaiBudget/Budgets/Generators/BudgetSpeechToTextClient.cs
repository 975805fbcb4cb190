using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Admits a transcription request only if its highest possible cost fits every budget, and charges its cost afterwards.</summary>
/// <remarks>
/// Thread-safe. The cost depends on the length of the audio, so the application must set its bounds (<see cref="GeneratorBounds"/>). Without
/// bounds, an enforcing budget refuses the request. Uses the same trackers, runs, tags and metrics as chat. Requests are not changed.
/// </remarks>
[Experimental("MEAI001")]
internal sealed class BudgetSpeechToTextClient : DelegatingSpeechToTextClient
{
    private readonly GeneratorLayer _layer;
    private readonly GeneratorBounds _bounds;

    /// <summary>Creates the layer. The bounds are those of the audio and of the transcript.</summary>
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
    /// <exception cref="BudgetExceededException">A budget refused the request. Nothing was sent.</exception>
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
    /// <exception cref="BudgetExceededException">A budget refused the request. Nothing was sent.</exception>
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
