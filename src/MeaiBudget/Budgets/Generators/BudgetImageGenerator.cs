using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Admits an image request only if its highest possible cost fits every budget, and charges its cost afterwards.</summary>
/// <remarks>
/// Thread-safe. The application must set the bounds of an image's cost (<see cref="GeneratorBounds"/>). Without bounds, an enforcing budget
/// refuses the request. Uses the same trackers, runs, tags and metrics as chat. Requests are not changed.
/// </remarks>
[Experimental("MEAI001")]
internal sealed class BudgetImageGenerator : DelegatingImageGenerator
{
    private readonly GeneratorLayer _layer;
    private readonly GeneratorBounds _bounds;

    /// <summary>Creates the layer. The bounds are those of the original images of one request, and of each created image.</summary>
    public BudgetImageGenerator(IImageGenerator innerGenerator, CostTracker? tracker = null, GeneratorBounds? bounds = null)
        : this(innerGenerator, tracker, bounds, null)
    {
    }

    internal BudgetImageGenerator(IImageGenerator innerGenerator, CostTracker? tracker, GeneratorBounds? bounds, CallLayerSetup? setup)
        : base(innerGenerator)
    {
        _bounds = bounds ?? GeneratorBounds.None;
        var metadata = innerGenerator.GetService(typeof(ImageGeneratorMetadata)) as ImageGeneratorMetadata;
        _layer = new GeneratorLayer(
            new GeneratorClient(
                innerGenerator.GetService,
                new ChatClientMetadata(metadata?.ProviderName, metadata?.ProviderUri, metadata?.DefaultModelId),
                MediaUsageNormalizer.PicturesOut(innerGenerator.GetService)),
            client => new BudgetChatClient(client, tracker, null, setup));
    }

    /// <inheritdoc/>
    /// <exception cref="BudgetExceededException">A budget refused the request. Nothing was sent.</exception>
    public override Task<ImageGenerationResponse> GenerateAsync(
        ImageGenerationRequest request, ImageGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var asked = new GeneratorRequest(
            target => GeneratorEstimates.OfMedia(request.Prompt, request.OriginalImages is not null, _bounds, target),
            async token =>
            {
                ImageGenerationResponse made = await InnerGenerator.GenerateAsync(request, options, token);
                return new ChatResponse { Usage = made.Usage, RawRepresentation = made };
            });
        return _layer.RunAsync<ImageGenerationResponse>(
            asked, GeneratorRequest.Options(options?.ModelId, options?.AdditionalProperties, _bounds.OutputOf(options?.Count ?? 1)), attach: null, cancellationToken);
    }

    /// <inheritdoc/>
    public override object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return _layer.GetService(serviceType, serviceKey) ?? base.GetService(serviceType, serviceKey);
    }
}
