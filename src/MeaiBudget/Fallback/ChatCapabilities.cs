namespace MeaiBudget;

/// <summary>What a route can take.</summary>
[Flags]
public enum ChatCapabilities
{
    /// <summary>Text only.</summary>
    None = 0,

    /// <summary>Tools.</summary>
    Tools = 1,

    /// <summary>Images.</summary>
    Vision = 2,

    /// <summary>Audio.</summary>
    Audio = 4,

    /// <summary>An answer by JSON schema.</summary>
    StructuredOutput = 8,

    /// <summary>Everything.</summary>
    All = Tools | Vision | Audio | StructuredOutput,
}
