namespace MeaiBudget;

/// <summary>Kinds of input and output that a route supports.</summary>
[Flags]
public enum ChatCapabilities
{
    /// <summary>Only text.</summary>
    None = 0,

    /// <summary>Tool calls.</summary>
    Tools = 1,

    /// <summary>Image input.</summary>
    Vision = 2,

    /// <summary>Audio input.</summary>
    Audio = 4,

    /// <summary>Answers that follow a JSON schema.</summary>
    StructuredOutput = 8,

    /// <summary>All capabilities.</summary>
    All = Tools | Vision | Audio | StructuredOutput,
}
