namespace MeaiBudget;

/// <summary>Parts of a request that an estimate could not count.</summary>
[Flags]
public enum TokenEstimateFlags
{
    /// <summary>Everything was counted.</summary>
    None = 0,

    /// <summary>The provider stores earlier messages of the conversation that are not in the request.</summary>
    ServerSideHistory = 1,

    /// <summary>The request refers to files that only the provider can read.</summary>
    HostedFiles = 2,

    /// <summary>The request lets the provider run tools, whose results become input.</summary>
    ServerTools = 4,

    /// <summary>The request has content of a type for which there is no counting rule.</summary>
    UnknownContent = 8,

    /// <summary>The request has media of unknown size.</summary>
    UnknownMediaSize = 16,

    /// <summary>The raw request of the caller may change model, tools or limits.</summary>
    RawRequest = 32,

    /// <summary>The input or the output is audio or images, whose tokens only the application can bound.</summary>
    UnboundedMedia = 64,

    /// <summary>
    /// The request continues a response that the provider stores and that this library saw, so that its tokens are known and included.
    /// </summary>
    ConversationSeen = 128,
}
