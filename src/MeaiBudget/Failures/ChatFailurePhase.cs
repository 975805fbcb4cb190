namespace MeaiBudget;

/// <summary>How far an attempt had come when it failed, which decides what it may have cost.</summary>
public enum ChatFailurePhase
{
    /// <summary>Nothing reached the provider.</summary>
    NotSent,

    /// <summary>The provider answered with an error: it did not run the request.</summary>
    Rejected,

    /// <summary>It is not known whether the provider ran the request, and so billed it.</summary>
    Ambiguous,

    /// <summary>Part of the answer had arrived.</summary>
    MidStream,
}
