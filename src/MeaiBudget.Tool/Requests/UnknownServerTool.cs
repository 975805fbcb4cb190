using Microsoft.Extensions.AI;

namespace MeaiBudget.Tool;

/// <summary>A tool that the provider runs by itself; what it adds to the input cannot be seen in the request.</summary>
internal sealed class UnknownServerTool(string type) : AITool
{
    public override string Name => type;
}
