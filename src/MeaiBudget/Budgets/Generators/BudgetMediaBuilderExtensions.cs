using System.Diagnostics.CodeAnalysis;
using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Lets requests for images through only if they fit a tracker's budgets.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which may be the one that chat uses; if not supplied, one is resolved from the service provider. Without any, ambient runs alone are enforced, and the layer says so once in the log.</param>
    /// <param name="bounds">The most tokens of original images and of each image; without them enforcing budgets refuse.</param>
    /// <returns>The pipeline.</returns>
    [Experimental("MEAI001")]
    public static ImageGeneratorBuilder UseBudget(this ImageGeneratorBuilder builder, CostTracker? tracker = null, GeneratorBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetImageGenerator(
            inner, TrackerFor<BudgetImageGenerator>(tracker, services), bounds, CallLayerSetup.From(services)));
    }

    /// <summary>Lets requests for transcripts through only if they fit a tracker's budgets.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which may be the one that chat uses; if not supplied, one is resolved from the service provider. Without any, ambient runs alone are enforced, and the layer says so once in the log.</param>
    /// <param name="bounds">The most tokens of the sound and of the transcript; without them enforcing budgets refuse.</param>
    /// <returns>The pipeline.</returns>
    [Experimental("MEAI001")]
    public static SpeechToTextClientBuilder UseBudget(this SpeechToTextClientBuilder builder, CostTracker? tracker = null, GeneratorBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetSpeechToTextClient(
            inner, TrackerFor<BudgetSpeechToTextClient>(tracker, services), bounds, CallLayerSetup.From(services)));
    }

    /// <summary>Lets requests for speech through only if they fit a tracker's budgets.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which may be the one that chat uses; if not supplied, one is resolved from the service provider. Without any, ambient runs alone are enforced, and the layer says so once in the log.</param>
    /// <param name="bounds">The most tokens of the speech; without them enforcing budgets refuse.</param>
    /// <returns>The pipeline.</returns>
    [Experimental("MEAI001")]
    public static TextToSpeechClientBuilder UseBudget(this TextToSpeechClientBuilder builder, CostTracker? tracker = null, GeneratorBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetTextToSpeechClient(
            inner, TrackerFor<BudgetTextToSpeechClient>(tracker, services), bounds, CallLayerSetup.From(services)));
    }
}
