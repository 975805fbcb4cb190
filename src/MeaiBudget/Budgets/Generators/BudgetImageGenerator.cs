using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace MeaiBudget;

/// <summary>Lets a request for images be sent only if it fits every budget, and charges what it cost.</summary>
/// <remarks>
/// Thread-safe. What an image costs is for the application to bound (<see cref="GeneratorBounds"/>); without a bound an enforcing budget
/// refuses the request. Uses the same trackers, runs, tags and metrics as chat does. Changes nothing in a request.
/// </remarks>
[Experimental("MEAI001")]
internal sealed class BudgetImageGenerator : DelegatingImageGenerator
{
    private readonly GeneratorLayer _layer;
    private readonly GeneratorBounds _bounds;

    /// <summary>Makes the layer.</summary>
    /// <param name="innerGenerator">The generator below.</param>
    /// <param name="tracker">The budgets; <see langword="null"/> to enforce ambient runs only.</param>
    /// <param name="bounds">The most tokens of the original images of one request, and of each image that is made; <see langword="null"/> if neither is known.</param>
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
    /// <exception cref="BudgetExceededException">A budget refused; nothing was sent.</exception>
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
