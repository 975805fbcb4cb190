namespace MeaiBudget;

/// <summary>Data of an estimate that the estimator needs to learn from the reported usage.</summary>
/// <param name="Model">The model's id without a route prefix.</param>
/// <param name="Route">The host or provider. The same model may have another template at another host.</param>
/// <param name="Shape">The kinds of content in the request.</param>
/// <param name="ToolSet">The <see cref="MeaiBudget.ToolSet.Fingerprint"/> of its tools; zero for none.</param>
/// <param name="Tokens">The estimate before any learned correction.</param>
internal readonly record struct RequestObservation(string Model, string Route, RequestShape Shape, long ToolSet, long Tokens)
{
    /// <summary>The key of all requests of this shape.</summary>
    public LearningKey Key => new(Model, Route, Shape, 0);

    /// <summary>The key of requests with the same tools. Tool rendering causes most of the error, and it is the same for the same tools.</summary>
    public LearningKey ToolSetKey => new(Model, Route, Shape, ToolSet);
}

/// <summary>Key of a separate correction: a model at one host, one shape of requests, in general or with one set of tools.</summary>
internal readonly record struct LearningKey(string Model, string Route, RequestShape Shape, long ToolSet);
