namespace MeaiBudget;

/// <summary>Data of an estimate that the estimator needs to learn from the reported usage.</summary>
/// <param name="Model">The model's id without a route prefix.</param>
/// <param name="Route">The host or provider. The same model may have another template at another host.</param>
/// <param name="Shape">The kinds of content in the request.</param>
/// <param name="ToolSet">The <see cref="MeaiBudget.ToolSet.Fingerprint"/> of its tools; zero for none.</param>
/// <param name="Tokens">The estimate before any learned correction.</param>
/// <param name="ContentMargin">The uncertainty of the request's own texts and media.</param>
/// <param name="ToolMargin">The uncertainty of its tools and response schema.</param>
/// <param name="RuleMargin">The rest of the upper bound: what the rules may have missed.</param>
/// <param name="IsCounted">True if the texts were counted by the model's own tokenizer.</param>
internal readonly record struct RequestObservation(
    string Model, string Route, RequestShape Shape, long ToolSet, long Tokens, long ContentMargin = 0, long ToolMargin = 0, long RuleMargin = 0, bool IsCounted = false)
{
    /// <summary>The key of all requests of this shape.</summary>
    public LearningKey Key => new(Model, Route, Shape, 0);

    /// <summary>The key of requests with the same tools. Tool rendering causes most of the error, and it is the same for the same tools.</summary>
    public LearningKey ToolSetKey => new(Model, Route, Shape, ToolSet);

    /// <summary>The upper bound before any learned correction.</summary>
    public long UpperBound => Tokens + ContentMargin + ToolMargin + RuleMargin;
}

/// <summary>Key of a separate correction: a model at one host, one shape of requests, in general or with one set of tools.</summary>
internal readonly record struct LearningKey(string Model, string Route, RequestShape Shape, long ToolSet);

/// <summary>One request whose usage was reported.</summary>
/// <param name="Estimated">The estimate before any learned correction.</param>
/// <param name="Reported">The reported tokens.</param>
/// <param name="Margin">The part of its upper bound that the reported usage of other requests does not reduce.</param>
/// <param name="ToolSet">The fingerprint of its tools; zero for none.</param>
internal readonly record struct InputSample(long Estimated, long Reported, long Margin, long ToolSet = 0);
