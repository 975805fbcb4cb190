namespace System.Runtime.CompilerServices;

/// <summary>Lets the compiler make records, which .NET Standard 2.0 does not know.</summary>
internal static class IsExternalInit;
