namespace MeaiBudget.Testing;

/// <summary>State of a call to a <see cref="ScriptedChatClient"/>.</summary>
public enum ScriptedCallState
{
    /// <summary>The call has begun and not ended. A stream that is neither read to its end nor disposed keeps this state.</summary>
    Running,

    /// <summary>The whole answer was delivered.</summary>
    Completed,

    /// <summary>The script made the call throw.</summary>
    Failed,

    /// <summary>The caller's token cancelled the call.</summary>
    Cancelled,

    /// <summary>The caller disposed the stream before its end.</summary>
    Abandoned,
}
