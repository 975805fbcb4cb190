namespace MeaiBudget;

/// <summary>What an estimate carries so that the reported usage can teach.</summary>
/// <param name="Model">The model's id without a route prefix.</param>
/// <param name="Route">The host or provider: the same model behind another host may have another template.</param>
/// <param name="Shape">What the request holds.</param>
/// <param name="ToolSet">The <see cref="MeaiBudget.ToolSet.Fingerprint"/> of its tools; zero for none.</param>
/// <param name="Tokens">The estimate before any learned correction.</param>
internal readonly record struct RequestObservation(string Model, string Route, RequestShape Shape, long ToolSet, long Tokens)
{
    /// <summary>Gets the key of all requests of this shape.</summary>
    public LearningKey Key => new(Model, Route, Shape, 0);

    /// <summary>Gets the key of requests with these very tools; their rendering is what estimates miss most, and it is the same each time.</summary>
    public LearningKey ToolSetKey => new(Model, Route, Shape, ToolSet);
}

/// <summary>What is learned by itself: a model behind one host, for one shape of requests, in general or with one set of tools.</summary>
internal readonly record struct LearningKey(string Model, string Route, RequestShape Shape, long ToolSet);
