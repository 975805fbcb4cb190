using MeaiBudget.Tool;

return await ToolProgram.RunAsync(args);
