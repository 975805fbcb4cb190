namespace MeaiBudget;

/// <summary>What an estimate carries so that the reported usage can teach.</summary>
/// <param name="Model">The model's id without a route prefix.</param>
/// <param name="Route">The host or provider: the same model behind another host may have another template.</param>
/// <param name="Shape">What the request holds.</param>
/// <param name="Tokens">The estimate before any learned correction.</param>
internal sealed record RequestObservation(string Model, string Route, RequestShape Shape, long Tokens)
{
    public LearningKey Key => new(Model, Route, Shape);
}

/// <summary>What is learned by itself: a model behind one host, for one shape of requests.</summary>
internal readonly record struct LearningKey(string Model, string Route, RequestShape Shape);
