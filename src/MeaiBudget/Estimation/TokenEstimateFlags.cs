namespace MeaiBudget;

/// <summary>What an estimate could not see.</summary>
[Flags]
public enum TokenEstimateFlags
{
    /// <summary>Everything was counted.</summary>
    None = 0,

    /// <summary>The provider holds earlier messages of the conversation that are not in the request.</summary>
    ServerSideHistory = 1,

    /// <summary>The request names files that only the provider can read.</summary>
    HostedFiles = 2,

    /// <summary>The request lets the provider run tools whose results become input.</summary>
    ServerTools = 4,

    /// <summary>The request holds content of a kind for which there is no counting rule.</summary>
    UnknownContent = 8,

    /// <summary>The request holds media whose size could not be read.</summary>
    UnknownMediaSize = 16,

    /// <summary>The caller's raw request may change model, tools or limits unseen.</summary>
    RawRequest = 32,

    /// <summary>What is sent or made is sound or pictures, whose tokens only the application could have bounded.</summary>
    UnboundedMedia = 64,
}
