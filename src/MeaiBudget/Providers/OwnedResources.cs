namespace MeaiBudget;

/// <summary>Several things that are disposed together.</summary>
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
