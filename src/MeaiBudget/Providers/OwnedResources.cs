namespace MeaiBudget;

/// <summary>Disposes several objects together.</summary>
internal sealed class OwnedResources(params IDisposable[] resources) : IDisposable
{
    public void Dispose()
    {
        foreach (var resource in resources)
        {
            resource.Dispose();
        }
    }
}
