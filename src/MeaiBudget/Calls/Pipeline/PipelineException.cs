namespace MeaiBudget;

/// <summary>Thrown while a pipeline is built whose layers stand in an order that cannot keep its promises.</summary>
public class PipelineException : InvalidOperationException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="id">The documented id, for example <c>MB001</c>.</param>
    /// <param name="message">What is wrong and what to write instead.</param>
    public PipelineException(string id, string message)
        : base($"{id}: {message} See docs/pipeline-rules.md#{id?.ToLowerInvariant()}.") => Id = id ?? "";

    /// <summary>Gets the documented id.</summary>
    public string Id { get; }
}
