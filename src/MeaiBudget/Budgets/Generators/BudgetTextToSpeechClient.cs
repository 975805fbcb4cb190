using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Admits a speech request only if its highest possible cost fits every budget, and charges its cost afterwards.</summary>
/// <remarks>
/// Thread-safe. The tokens of the text are counted. The cost of the speech depends on its length, so the application must set its bounds
/// (<see cref="GeneratorBounds"/>). Without bounds, an enforcing budget refuses the request. Uses the same trackers, runs, tags and
/// metrics as chat. Requests are not changed.
/// </remarks>
[Experimental("MEAI001")]
internal sealed class BudgetTextToSpeechClient : DelegatingTextToSpeechClient
{
    private readonly GeneratorLayer _layer;
    private readonly GeneratorBounds _bounds;

    /// <summary>Creates the layer. The bounds are those of the speech.</summary>
    public BudgetTextToSpeechClient(ITextToSpeechClient innerClient, CostTracker? tracker = null, GeneratorBounds? bounds = null)
        : this(innerClient, tracker, bounds, null)
    {
    }

    internal BudgetTextToSpeechClient(ITextToSpeechClient innerClient, CostTracker? tracker, GeneratorBounds? bounds, CallLayerSetup? setup)
        : base(innerClient)
    {
        _bounds = bounds ?? GeneratorBounds.None;
        var metadata = innerClient.GetService(typeof(TextToSpeechClientMetadata)) as TextToSpeechClientMetadata;
        _layer = new GeneratorLayer(
            new GeneratorClient(
                innerClient.GetService,
                new ChatClientMetadata(metadata?.ProviderName, metadata?.ProviderUri, metadata?.DefaultModelId),
                MediaUsageNormalizer.SoundOut(innerClient.GetService)),
            client => new BudgetChatClient(client, tracker, null, setup));
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused the request. Nothing was sent.</exception>
    public override Task<TextToSpeechResponse> GetAudioAsync(string text, TextToSpeechOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var request = new GeneratorRequest(target => Estimate(text, target), async token =>
        {
            TextToSpeechResponse made = await InnerClient.GetAudioAsync(text, options, token);
            return new ChatResponse { ModelId = made.ModelId, Usage = made.Usage, RawRepresentation = made };
        });
        return _layer.RunAsync<TextToSpeechResponse>(
            request, GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties, _bounds.MaxOutputTokens), attach: null, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused the request. Nothing was sent.</exception>
    public override IAsyncEnumerable<TextToSpeechResponseUpdate> GetStreamingAudioAsync(
        string text, TextToSpeechOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var request = new GeneratorRequest(target => Estimate(text, target), stream: token => GeneratorRequest.Updates(
            InnerClient.GetStreamingAudioAsync(text, options, token), update => (update.Contents, update.ModelId), token));
        return _layer.StreamAsync<TextToSpeechResponseUpdate>(
            request, GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties, _bounds.MaxOutputTokens), cancellationToken);
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return _layer.GetService(serviceType, serviceKey) ?? base.GetService(serviceType, serviceKey);
    }

    private TokenEstimate Estimate(string text, TokenEstimationTarget target) =>
        GeneratorEstimates.OfMedia(text, hasMedia: false, _bounds, target);
}
