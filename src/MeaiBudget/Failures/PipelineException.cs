namespace MeaiBudget;

/// <summary>
/// Thrown while a pipeline is built if the order of its layers would make a layer ineffective, for example a budget outside a cache; and when
/// a request that passed no budget is refused (<c>MB011</c>, <see cref="ChatWireHandler.RequireBudget"/>).
/// </summary>
public class PipelineException : InvalidOperationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="id">The id of the broken rule, for example <c>MB001</c>.</param>
    /// <param name="message">The problem and its solution.</param>
    public PipelineException(string id, string message)
        : base($"{id}: {message} See docs/pipeline-rules.md#{id?.ToLowerInvariant()}.") => Id = id ?? "";

    /// <summary>Gets the id of the broken rule, for example <c>MB001</c>.</summary>
    public string Id { get; }
}
