using System.Diagnostics.CodeAnalysis;
using MeaiBudget;

namespace Microsoft.Extensions.AI;

/// <content/>
public static partial class MeaiBudgetBuilderExtensions
{
    /// <summary>Adds a layer that admits image requests only if their highest possible cost fits the budgets of a tracker.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which chat pipelines can share; by default the one of the service provider. Without a tracker, only the current <see cref="BudgetRun"/> is enforced, and the layer logs this once.</param>
    /// <param name="bounds">The bounds of the original images and of each created image. Without them, enforcing budgets refuse requests.</param>
    /// <returns>The pipeline.</returns>
    [Experimental("MEAI001")]
    public static ImageGeneratorBuilder UseBudget(this ImageGeneratorBuilder builder, CostTracker? tracker = null, GeneratorBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetImageGenerator(
            inner, TrackerFor<BudgetImageGenerator>(tracker, services), bounds, CallLayerSetup.From(services)));
    }

    /// <summary>Adds a layer that admits transcription requests only if their highest possible cost fits the budgets of a tracker.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which chat pipelines can share; by default the one of the service provider. Without a tracker, only the current <see cref="BudgetRun"/> is enforced, and the layer logs this once.</param>
    /// <param name="bounds">The bounds of the audio and of the transcript. Without them, enforcing budgets refuse requests.</param>
    /// <returns>The pipeline.</returns>
    [Experimental("MEAI001")]
    public static SpeechToTextClientBuilder UseBudget(this SpeechToTextClientBuilder builder, CostTracker? tracker = null, GeneratorBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetSpeechToTextClient(
            inner, TrackerFor<BudgetSpeechToTextClient>(tracker, services), bounds, CallLayerSetup.From(services)));
    }

    /// <summary>Adds a layer that admits speech requests only if their highest possible cost fits the budgets of a tracker.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="tracker">The tracker, which chat pipelines can share; by default the one of the service provider. Without a tracker, only the current <see cref="BudgetRun"/> is enforced, and the layer logs this once.</param>
    /// <param name="bounds">The bounds of the speech. Without them, enforcing budgets refuse requests.</param>
    /// <returns>The pipeline.</returns>
    [Experimental("MEAI001")]
    public static TextToSpeechClientBuilder UseBudget(this TextToSpeechClientBuilder builder, CostTracker? tracker = null, GeneratorBounds? bounds = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use((inner, services) => new BudgetTextToSpeechClient(
            inner, TrackerFor<BudgetTextToSpeechClient>(tracker, services), bounds, CallLayerSetup.From(services)));
    }
}
