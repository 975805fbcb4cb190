namespace MeaiBudget;

/// <summary>Phases in which an attempt can fail. The phase determines whether the provider may have billed the attempt.</summary>
public enum ChatFailurePhase
{
    /// <summary>No request reached the provider.</summary>
    NotSent,

    /// <summary>The provider answered with an error and did not run the request.</summary>
    Rejected,

    /// <summary>It is unknown whether the provider ran, and billed, the request.</summary>
    Ambiguous,

    /// <summary>Part of the answer had already arrived.</summary>
    MidStream,
}
