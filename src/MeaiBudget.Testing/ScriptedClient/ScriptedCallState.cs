namespace MeaiBudget.Testing;

/// <summary>How far a call to a <see cref="ScriptedChatClient"/> has come.</summary>
public enum ScriptedCallState
{
    /// <summary>The call has begun and not ended. A stream that is abandoned without being disposed stays here.</summary>
    Running,

    /// <summary>The whole answer was delivered.</summary>
    Completed,

    /// <summary>The script made it throw.</summary>
    Failed,

    /// <summary>The caller's token cancelled it.</summary>
    Cancelled,

    /// <summary>The caller disposed of the stream before its end.</summary>
    Abandoned,
}
