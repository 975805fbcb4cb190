namespace MeaiBudget.Tests;

/// <summary>What tests of xunit 3 say to be skipped: here they fail instead, which Stryker tells at its beginning.</summary>
internal static class SkippedTests
{
    extension(Assert)
    {
        public static void SkipWhen([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(true)] bool condition, string reason)
        {
            if (condition)
            {
                throw new InvalidOperationException(reason);
            }
        }
    }
}
